// How the map looks: the floor once as an image, then places, areas, paths and robots over it. Rungs and freshness are
// told by shape and stroke as well as by colour.

import type { ConsoleSite } from "../../proto/console.js";
import type { Rung } from "../../proto/mode.js";
import type { Label } from "./labels.js";
import { isArea, type Scene, type SceneRobot } from "./scene.js";
import { toPx, type ViewBox } from "./view-box.js";
import { ageText } from "./words.js";

export type Palette = Readonly<Record<string, string>>;

export interface Drawing {
  readonly context: CanvasRenderingContext2D;
  readonly box: ViewBox;
  readonly site: ConsoleSite;
  readonly palette: Palette;
  readonly selected: string;
}

const WIDE_M = 8;
const TURN = 2 * Math.PI;

/** The floor as an image of one pixel per cell; row 0 of the grid is the bottom. */
export function floorImage(site: ConsoleSite, blocked: Uint8Array, palette: Palette): HTMLCanvasElement {
  const { width, height } = site.map;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (context === null) return canvas;
  context.fillStyle = palette.floor ?? "";
  context.fillRect(0, 0, width, height);
  context.fillStyle = palette.wall ?? "";
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) if (blocked[y * width + x] === 1) context.fillRect(x, height - 1 - y, 1, 1);
  return canvas;
}

export function drawFloor({ context, box, site }: Drawing, floor: HTMLCanvasElement): void {
  const { width, height, cellM, originXM, originYM } = site.map;
  const [left, top] = toPx(box, originXM, originYM + height * cellM);
  context.imageSmoothingEnabled = false;
  context.drawImage(floor, left, top, width * cellM * box.scale, height * cellM * box.scale);
}

const STATE_COLOUR = {
  FREE: "free",
  CLAIMED: "claimed",
  LAPSED_UNKNOWN: "lapsed",
  OCCUPIED_UNCLAIMED: "occupied",
  UNKNOWN: "unknown",
  NOT_TOLD: "unknown",
} as const;

/** Free is a thin ring, claimed a filled one, unknown dashed, lapsed crossed: colour is not needed to tell them. */
export function drawPlaces(drawing: Drawing, scene: Scene): void {
  const { context, box, site, palette, selected } = drawing;
  const labelled = box.scale * 2.5 > 46;
  for (const { id, xM, yM, footprintRadiusM, headingRad, kind } of site.destinations) {
    const place = scene.places.get(id);
    const state = place?.state ?? "UNKNOWN";
    const [x, y] = toPx(box, xM, yM);
    const radius = Math.max(3, footprintRadiusM * box.scale);
    const colour = palette[STATE_COLOUR[state]] ?? "";
    const own = place !== undefined && place.robot === selected && selected !== "";
    context.beginPath();
    if (kind === "charge") context.rect(x - radius, y - radius, 2 * radius, 2 * radius);
    else context.arc(x, y, radius, 0, TURN);
    if (state === "CLAIMED" || state === "OCCUPIED_UNCLAIMED") {
      context.globalAlpha = 0.35;
      context.fillStyle = colour;
      context.fill();
      context.globalAlpha = 1;
    }
    context.setLineDash(state === "NOT_TOLD" || state === "UNKNOWN" ? [2, 3] : []);
    context.strokeStyle = own ? (palette.text ?? "") : colour;
    context.lineWidth = own ? 2.5 : state === "FREE" ? 1 : 2;
    context.stroke();
    context.setLineDash([]);
    context.beginPath();
    context.moveTo(x + radius * 0.55 * Math.cos(headingRad), y - radius * 0.55 * Math.sin(headingRad));
    context.lineTo(x + radius * Math.cos(headingRad), y - radius * Math.sin(headingRad));
    if (state === "LAPSED_UNKNOWN") {
      const half = radius * 0.7;
      context.moveTo(x - half, y - half);
      context.lineTo(x + half, y + half);
      context.moveTo(x - half, y + half);
      context.lineTo(x + half, y - half);
    }
    context.stroke();
    if (labelled || own) text(drawing, id, { x, y: y + radius + 11, colour: palette.faint ?? "", size: 10 });
  }
}

/** The way that a robot plans, to its end, and a thin line on to its destination. */
export function drawPaths({ context, box, palette, selected, site }: Drawing, scene: Scene): void {
  for (const robot of scene.robots) {
    const own = robot.id === selected;
    if (isArea(robot) && !own) continue; // an old plan is no plan
    context.beginPath();
    let [x, y] = toPx(box, robot.xM, robot.yM);
    context.moveTo(x, y);
    for (let at = 0; at + 1 < robot.pathM.length; at += 2) {
      [x, y] = toPx(box, robot.pathM[at] ?? 0, robot.pathM[at + 1] ?? 0);
      context.lineTo(x, y);
    }
    context.strokeStyle = palette.path ?? "";
    context.globalAlpha = own ? 1 : 0.5;
    context.lineWidth = own ? 2.5 : 1.25;
    context.stroke();
    const goal = own ? site.destinations.find(({ id }) => id === robot.destination) : undefined;
    if (goal !== undefined) {
      context.beginPath();
      context.setLineDash([3, 4]);
      context.lineWidth = 1;
      context.moveTo(x, y);
      context.lineTo(...toPx(box, goal.xM, goal.yM));
      context.stroke();
      context.setLineDash([]);
    }
    context.globalAlpha = 1;
  }
}

export function rungColour(palette: Palette, rung: Rung | null): string {
  return (rung === null ? palette.unknown : palette[rung]) ?? "";
}

/** Circle, triangle, square, octagon: down the ladder. */
function shape(context: CanvasRenderingContext2D, robot: SceneRobot, at: { x: number; y: number; radius: number }) {
  const { x, y, radius } = at;
  context.beginPath();
  if (robot.rung === "AUTONOMOUS" || robot.rung === null) return context.arc(x, y, radius, 0, TURN);
  const corners = robot.rung === "REACTIVE_ONLY" ? 3 : robot.rung === "CONFIRM" ? 4 : 8;
  const size = radius * (corners === 3 ? 1.35 : corners === 4 ? 1.2 : 1.08);
  const turn = corners === 4 ? Math.PI / 4 : corners === 8 ? Math.PI / 8 : -Math.PI / 2;
  for (let corner = 0; corner < corners; corner += 1) {
    const angle = turn + (corner * TURN) / corners;
    context.lineTo(x + size * Math.cos(angle), y + size * Math.sin(angle));
  }
  context.closePath();
}

/** What a robot is called on the map: with how long it is silent. */
export function labelOf({ box, site, selected }: Drawing, robot: SceneRobot): Label {
  const [x, y] = toPx(box, robot.xM, robot.yM);
  const words = isArea(robot) ? `${robot.id} silent ${ageText(robot.ageMs)}` : robot.id;
  return { words, x, y, radius: Math.max(6, site.radiusM * box.scale), must: robot.id === selected };
}

export function drawRobot(drawing: Drawing, robot: SceneRobot): void {
  const { context, box, palette, site, selected } = drawing;
  const [x, y] = toPx(box, robot.xM, robot.yM);
  const radius = Math.max(6, site.radiusM * box.scale);
  const colour = rungColour(palette, robot.rung);
  if (isArea(robot)) drawGhost(drawing, robot, { x, y, radius });
  else {
    shape(context, robot, { x, y, radius });
    context.fillStyle = colour;
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = palette.halo ?? "";
    context.stroke();
    context.beginPath();
    context.moveTo(x, y);
    const nose = radius + Math.min(radius / 4, 4);
    context.lineTo(x + nose * Math.cos(robot.headingRad), y - nose * Math.sin(robot.headingRad));
    context.lineWidth = Math.min(5, Math.max(2, radius / 4));
    context.strokeStyle = palette.heading ?? "";
    context.stroke();
  }
  drawRing(drawing, robot, { x, y, radius: radius + 4 });
  if (robot.id === selected) {
    context.beginPath();
    context.arc(x, y, radius + 9, 0, TURN);
    context.lineWidth = 2;
    context.strokeStyle = palette.text ?? "";
    context.stroke();
  }
}

/** Where a silent robot was last: hollow and dashed, because it need not be there. */
function drawGhost(drawing: Drawing, robot: SceneRobot, at: { x: number; y: number; radius: number }): void {
  const { context, palette } = drawing;
  shape(context, robot, at);
  context.setLineDash([3, 3]);
  context.lineWidth = 1.5;
  context.strokeStyle = rungColour(palette, robot.rung);
  context.stroke();
  context.setLineDash([]);
}

/** The age bound: from nothing (just captured) to a closed ring (lost); dashed when late. */
function drawRing(drawing: Drawing, robot: SceneRobot, at: { x: number; y: number; radius: number }): void {
  const { context, palette } = drawing;
  if (robot.share <= 0.004) return;
  context.beginPath();
  context.arc(at.x, at.y, at.radius, -Math.PI / 2, -Math.PI / 2 + TURN * robot.share);
  context.lineWidth = robot.verdict === "fresh" ? 2 : 3.5;
  context.setLineDash(robot.verdict === "late" ? [5, 3] : robot.verdict === "lost" ? [1.5, 2.5] : []);
  context.strokeStyle = palette[robot.verdict] ?? "";
  context.stroke();
  context.setLineDash([]);
}

const IMAGE_PIXELS_MOST = 2_000_000;
const STRIPE_PX = 10;
const FINENESS = 0.75; // pixels of the image for each of the screen

/**
 * The area where a silent robot can be, hatched and with an edge so that it is no colour alone. One that may be almost
 * anywhere must not hide all others, so it is fainter.
 */
export function areaImage(
  site: ConsoleSite,
  cells: readonly number[],
  look: { readonly colour: string; readonly possibleM: number; readonly scale: number },
): HTMLCanvasElement {
  const { colour, possibleM, scale } = look;
  const { width, height, cellM } = site.map;
  const most = Math.floor(Math.sqrt(IMAGE_PIXELS_MOST / (width * height)));
  const fine = Math.max(1, Math.min(most, Math.ceil(cellM * scale * FINENESS)));
  const canvas = document.createElement("canvas");
  canvas.width = width * fine;
  canvas.height = height * fine;
  const context = canvas.getContext("2d");
  if (context === null) return canvas;
  const image = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  const ink = (alpha: number) => ((Math.round(255 * alpha) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  const [fill, stripe, edge] = possibleM > WIDE_M ? [ink(0.07), ink(0.24), ink(0.9)] : [ink(0.18), ink(0.55), ink(1)];
  const within = new Uint8Array(width * height);
  for (const cell of cells) within[cell] = 1;
  for (const cell of cells) {
    const x = cell % width;
    const row = (cell - x) / width;
    const [left, right] = [x > 0 && within[cell - 1] === 1, x + 1 < width && within[cell + 1] === 1];
    const [below, above] = [within[cell - width] === 1, within[cell + width] === 1];
    for (let at = 0; at < fine * fine; at += 1) {
      const px = at % fine;
      const py = (at - px) / fine; // from the top
      const atEdge =
        (px === 0 && !left) || (px === fine - 1 && !right) || (py === 0 && !above) || (py === fine - 1 && !below);
      const [toX, toY] = [x * fine + px, (height - 1 - row) * fine + py];
      pixels[toY * canvas.width + toX] = atEdge ? edge : (toX + toY) % STRIPE_PX < 1 ? stripe : fill;
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** The edge alone of how far it can be, walls left out. */
export function drawReach({ context, box, palette, site }: Drawing, robot: SceneRobot): void {
  const radius = (robot.possibleM + site.radiusM) * box.scale;
  if (!(radius < 4000)) return;
  context.beginPath();
  context.arc(...toPx(box, robot.xM, robot.yM), radius, 0, TURN);
  context.globalAlpha = 0.35;
  context.lineWidth = 1;
  context.strokeStyle = palette[robot.verdict] ?? "";
  context.stroke();
  context.globalAlpha = 1;
}

/** Cells where they are known, else the circle; the whole floor when nothing bounds it. */
export function drawArea(drawing: Drawing, robot: SceneRobot, image: HTMLCanvasElement | null): void {
  const { context, box, palette, site } = drawing;
  if (image !== null) return drawFloor(drawing, image);
  const { width, height, cellM, originXM, originYM } = site.map;
  context.globalAlpha = 0.12;
  context.fillStyle = palette[robot.verdict] ?? "";
  context.beginPath();
  const reach = robot.possibleM + site.radiusM;
  if (Number.isFinite(reach)) context.arc(...toPx(box, robot.xM, robot.yM), reach * box.scale, 0, TURN);
  else {
    const [left, top] = toPx(box, originXM, originYM + height * cellM);
    context.rect(left, top, width * cellM * box.scale, height * cellM * box.scale);
  }
  context.fill();
  context.globalAlpha = 1;
}

export function text(
  { context, palette }: Pick<Drawing, "context" | "palette">,
  words: string,
  at: { readonly x: number; readonly y: number; readonly colour: string; readonly size: number },
): void {
  context.font = `600 ${at.size}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineWidth = 3;
  context.strokeStyle = palette.floor ?? "";
  context.strokeText(words, at.x, at.y);
  context.fillStyle = at.colour;
  context.fillText(words, at.x, at.y);
}
