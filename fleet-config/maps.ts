// Reads other people's maps: MovingAI .map and .scen, ROS map_server yaml with a binary PGM. Pure functions of text and
// bytes, bounded in size (R13). Nothing is guessed: what is not as the format says is refused with file, line, what was
// found and what was expected. What the map does not call free is blocked.

import { centreOf, type Grid } from "./grid.js";
import { ConfigRefused, shown } from "./refused.js";
import { parseYaml, pointer } from "./yaml-text.js";

export const mapSideMost = 8192;
export const mapCellsMost = 4_194_304;
export const mapBytesMost = 8_388_608;
export const scenarioRowsMost = 100_000;

interface Source {
  /** Name of the file for messages. */
  readonly file?: string;
}

const freeCells = ".GS";
const blockedCells = "@OTW";

/** Parses a MovingAI map with cells of `cellM` metres; the bottom left corner becomes (0, 0). Throws ConfigRefused. */
export function parseMovingAi(text: string, cellM: number, source: Source = {}): Grid {
  const refuse = refuser(source.file ?? "map");
  if (!(cellM >= 0.01 && cellM <= 10)) throw refuse(0, shown(cellM), "cells of 0.01 to 10 m");
  if (text.length > mapBytesMost) throw refuse(0, `${text.length} characters`, `at most ${mapBytesMost} characters`);
  const lines = text.split(/\r?\n/);
  if (lines[0]?.trim() !== "type octile") throw refuse(1, shown(lines[0]), "type octile");
  const height = headerNumber(lines[1], "height", 2, refuse);
  const width = headerNumber(lines[2], "width", 3, refuse);
  if (width * height > mapCellsMost) throw refuse(3, `${width} x ${height} cells`, `at most ${mapCellsMost} cells`);
  if (lines[3]?.trim() !== "map") throw refuse(4, shown(lines[3]), "map");
  const blocked = new Uint8Array(width * height);
  for (let row = 0; row < height; row += 1) {
    const line = lines[4 + row];
    if (line === undefined || line.length !== width) {
      const found = line === undefined ? `the end after ${row} rows` : `${line.length} characters`;
      throw refuse(5 + row, found, `row ${row + 1} of ${height} with ${width} characters`);
    }
    const start = (height - 1 - row) * width;
    for (let x = 0; x < width; x += 1) {
      const cell = line.charAt(x);
      if (blockedCells.includes(cell)) blocked[start + x] = 1;
      else if (!freeCells.includes(cell)) {
        throw refuse(
          5 + row,
          `${shown(cell)} at column ${x + 1}`,
          `one of ${freeCells} (free) or ${blockedCells} (blocked)`,
        );
      }
    }
  }
  const more = lines.slice(4 + height).findIndex((line) => line.trim() !== "");
  if (more !== -1) throw refuse(5 + height + more, shown(lines[4 + height + more]), `the end after ${height} rows`);
  return { width, height, cellM, originXM: 0, originYM: 0, blocked };
}

type Refuser = (line: number, found: string, expected: string) => ConfigRefused;

function refuser(file: string): Refuser {
  return (line, found, expected) => new ConfigRefused([{ file, path: "", line, found, expected }]);
}

function headerNumber(line: string | undefined, word: string, at: number, refuse: Refuser): number {
  const value = Number(new RegExp(`^${word} ([1-9][0-9]{0,4})\\s*$`).exec(line ?? "")?.[1] ?? Number.NaN);
  if (!(value <= mapSideMost)) throw refuse(at, shown(line), `${word} N with N from 1 to ${mapSideMost}`);
  return value;
}

/** One row of a scenario: a way from one cell's centre to another's. `optimalM` is the author's shortest length. */
export interface ScenarioRow {
  readonly line: number;
  readonly startCell: number;
  readonly goalCell: number;
  readonly start: { readonly xM: number; readonly yM: number };
  readonly goal: { readonly xM: number; readonly yM: number };
  readonly optimalM: number;
}

/**
 * Parses a MovingAI scenario of the map `mapName` (compared by base name) that was parsed to `grid`. Throws
 * ConfigRefused.
 */
export function parseScenario(text: string, mapName: string, grid: Grid, source: Source = {}): readonly ScenarioRow[] {
  const refuse = refuser(source.file ?? "scenario");
  if (text.length > mapBytesMost) throw refuse(0, `${text.length} characters`, `at most ${mapBytesMost} characters`);
  const lines = text.split(/\r?\n/);
  if (!/^version 1(\.0)?\s*$/.test(lines[0] ?? "")) throw refuse(1, shown(lines[0]), "version 1");
  const rows: ScenarioRow[] = [];
  for (let index = 1; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    if (line.trim() === "") continue;
    if (rows.length >= scenarioRowsMost) throw refuse(index + 1, "one row more", `at most ${scenarioRowsMost} rows`);
    const columns = line.split("\t");
    if (columns.length !== 9) throw refuse(index + 1, `${columns.length} columns`, "9 columns separated by tabs");
    rows.push(scenarioRow(columns, { grid, mapName, line: index + 1, refuse }));
  }
  if (rows.length === 0) throw refuse(1, "no rows", "at least one row");
  return rows;
}

interface RowPlace {
  readonly grid: Grid;
  readonly mapName: string;
  readonly line: number;
  readonly refuse: Refuser;
}

function scenarioRow(columns: readonly string[], place: RowPlace): ScenarioRow {
  const { grid, line, refuse } = place;
  if (baseName(columns[1] ?? "") !== baseName(place.mapName)) {
    throw refuse(line, `the map ${shown(columns[1])}`, `the map ${shown(baseName(place.mapName))}`);
  }
  const [, , width, height] = columns;
  if (Number(width) !== grid.width || Number(height) !== grid.height) {
    throw refuse(line, `a map of ${width} x ${height} cells`, `${grid.width} x ${grid.height} cells`);
  }
  const startCell = scenarioCell(columns, { at: 4, what: "start", place });
  const goalCell = scenarioCell(columns, { at: 6, what: "goal", place });
  const optimal = Number(columns[8]);
  if ((columns[8] ?? "").trim() === "" || !(optimal >= 0 && Number.isFinite(optimal))) {
    throw refuse(line, shown(columns[8]), "an optimal length of 0 or more in column 9");
  }
  return {
    ...{ line, startCell, goalCell, optimalM: optimal * grid.cellM },
    ...{ start: centreOf(grid, startCell), goal: centreOf(grid, goalCell) },
  };
}

function scenarioCell(
  columns: readonly string[],
  which: { readonly at: number; readonly what: string; readonly place: RowPlace },
): number {
  const { grid, line, refuse } = which.place;
  const found = `${columns[which.at]}, ${columns[which.at + 1]}`;
  const [x, y] = columns.slice(which.at, which.at + 2).map((word) => (/^[0-9]{1,5}$/.test(word) ? Number(word) : -1));
  if (x === undefined || y === undefined || x < 0 || y < 0 || x >= grid.width || y >= grid.height) {
    throw refuse(line, `${which.what} ${found}`, `x from 0 to ${grid.width - 1} and y from 0 to ${grid.height - 1}`);
  }
  const cell = (grid.height - 1 - y) * grid.width + x;
  if (grid.blocked[cell]) throw refuse(line, `${which.what} ${found} on a blocked cell`, "a free cell");
  return cell;
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

/** Grey picture; row 0 is the top, as stored. */
export interface Pgm {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Parses a binary PGM (P5) with 255 as white. Throws ConfigRefused. */
export function parsePgm(bytes: Uint8Array, source: Source = {}): Pgm {
  const refuse = refuser(source.file ?? "map.pgm");
  const { words, end } = pgmHeader(bytes);
  const [magic, width, height, white] = words;
  if (magic !== "P5") throw refuse(1, shown(magic), "P5, a binary PGM");
  const sides = [width, height].map((word) => (/^[1-9][0-9]{0,4}$/.test(word ?? "") ? Number(word) : 0));
  const [w, h] = [sides[0] ?? 0, sides[1] ?? 0];
  if (w < 1 || h < 1 || w > mapSideMost || h > mapSideMost || w * h > mapCellsMost) {
    throw refuse(0, `${width} x ${height} pixels`, `1 to ${mapSideMost} pixels a side, at most ${mapCellsMost}`);
  }
  if (white !== "255") throw refuse(0, `a white of ${shown(white)}`, "255");
  const found = bytes.length - end;
  if (found !== w * h) throw refuse(0, `${found} bytes of pixels`, `${w * h} bytes (${w} x ${h})`);
  return { width: w, height: h, pixels: bytes.subarray(end) };
}

/** The four words of the header, comments left out, and where the pixels begin: one white byte after the last word. */
function pgmHeader(bytes: Uint8Array): { readonly words: readonly string[]; readonly end: number } {
  const words: string[] = [];
  let at = 0;
  let word = "";
  for (; at < Math.min(bytes.length, 4096) && words.length < 4; at += 1) {
    const letter = String.fromCharCode(bytes[at] ?? 0);
    if (letter === "#" && word === "") {
      while (at < bytes.length && bytes[at] !== 10) at += 1;
    } else if (/\s/.test(letter)) {
      if (word !== "") words.push(word);
      word = "";
    } else if (word.length < 16) word += letter;
  }
  return { words, end: at };
}

/** What a map_server yaml says. */
export interface RosMap {
  readonly image: string;
  readonly cellM: number;
  readonly originXM: number;
  readonly originYM: number;
  readonly negate: boolean;
  readonly freeBelow: number;
}

const rosKeys = ["image", "mode", "resolution", "origin", "negate", "occupied_thresh", "free_thresh"];

/** Parses a map_server yaml. Modes other than trinary and a turned origin are refused. Throws ConfigRefused. */
export function parseRosYaml(text: string, source: Source = {}): RosMap {
  const file = source.file ?? "map.yaml";
  const { value, lineOf } = parseYaml(text, file);
  const refuse = (key: string, found: unknown, expected: string) =>
    new ConfigRefused([{ file, path: pointer([key]), line: lineOf([key]), found: shown(found), expected }]);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refuse("", value, "a mapping");
  const map = new Map<string, unknown>(Object.entries(value));
  for (const key of map.keys()) if (!rosKeys.includes(key)) throw refuse(key, key, `one of ${rosKeys.join(", ")}`);
  const number = (key: string, least: number, most: number) => {
    const found = map.get(key);
    if (typeof found === "number" && found >= least && found <= most) return found;
    throw refuse(key, found, `a number from ${least} to ${most}`);
  };
  const image = map.get("image");
  if (typeof image !== "string" || !/^[A-Za-z0-9_][A-Za-z0-9._ -]{0,127}$/.test(image)) {
    throw refuse("image", image, "the name of a .pgm file in the same folder");
  }
  const mode = map.get("mode") ?? "trinary";
  if (mode !== "trinary") throw refuse("mode", mode, "trinary");
  const origin = map.get("origin");
  const at = Array.isArray(origin) ? origin.map((part) => (typeof part === "number" ? part : Number.NaN)) : [];
  const [originXM = Number.NaN, originYM = Number.NaN, yawRad = Number.NaN] = at;
  if (at.length !== 3 || !(Math.abs(originXM) <= 1e5 && Math.abs(originYM) <= 1e5)) {
    throw refuse("origin", origin, "[x, y, yaw] in metres and radians, within 100000 m");
  }
  if (yawRad !== 0) throw refuse("origin", origin, "a yaw of 0: turned maps are not supported");
  const freeBelow = number("free_thresh", 0, 1);
  const occupied = number("occupied_thresh", 0, 1);
  if (freeBelow >= occupied) throw refuse("free_thresh", freeBelow, `less than occupied_thresh, ${occupied}`);
  const negate = map.get("negate");
  if (negate !== 0 && negate !== 1) throw refuse("negate", negate, "0 or 1");
  return { image, cellM: number("resolution", 0.01, 10), originXM, originYM, negate: negate === 1, freeBelow };
}

/** The byte that map savers write for unknown; blocked even where a generous free_thresh would admit it. */
const unknownByte = 205;

/** Parses a map_server map: its yaml and the picture that the yaml names. Throws ConfigRefused. */
export function parseRosMap(
  yamlText: string,
  pgmBytes: Uint8Array,
  source: Source & { readonly image?: string } = {},
): Grid {
  const map = parseRosYaml(yamlText, source);
  const { width, height, pixels } = parsePgm(pgmBytes, { file: source.image ?? map.image });
  const blocked = new Uint8Array(width * height);
  for (let row = 0; row < height; row += 1) {
    const start = (height - 1 - row) * width;
    for (let x = 0; x < width; x += 1) {
      const byte = pixels[row * width + x] ?? 0;
      const occupancy = (map.negate ? byte : 255 - byte) / 255;
      blocked[start + x] = occupancy < map.freeBelow && byte !== unknownByte ? 0 : 1;
    }
  }
  return { width, height, cellM: map.cellM, originXM: map.originXM, originYM: map.originYM, blocked };
}
