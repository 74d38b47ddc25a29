// The site map: draws when something has changed and while robots glide to where they were last seen, pans and zooms by
// pointer, wheel, fingers and keys, and selects the robot under the pointer.

import { coloursOf } from "./colours.js";
import { byId } from "./dom.js";
import { placeLabels } from "./labels.js";
import {
  areaImage,
  type Drawing,
  drawArea,
  drawFloor,
  drawPaths,
  drawPlaces,
  drawReach,
  drawRobot,
  floorImage,
  labelOf,
  type Palette,
  text,
} from "./map-draw.js";
import { Pointers } from "./pointers.js";
import { isArea, liveScene, pastScene, type Scene, type SceneRobot } from "./scene.js";
import { blockedOf, spread } from "./spread.js";
import type { Store } from "./store.js";
import { centredOn, type Extent, fit, panBy, type Size, toPx, type ViewBox, zoomAt } from "./view-box.js";

const GLIDE_MS = 200;
const AREA_MS = 700;
const AREAS_MOST = 20;
const LABELS_MOST = 40;
const LABEL_FONT = "600 11px system-ui, sans-serif";
const COLOURS = [
  ...["floor", "wall", "text", "faint", "halo", "heading", "path", "free", "claimed", "lapsed", "occupied", "unknown"],
  ...["fresh", "late", "lost", "AUTONOMOUS", "REACTIVE_ONLY", "CONFIRM", "HALT"],
] as const;

interface Area {
  readonly image: HTMLCanvasElement | null;
  readonly madeMs: number;
}

export class SiteMap {
  readonly #store: Store;
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #blocked: Uint8Array;
  readonly #areas = new Map<string, Area>();
  readonly #from = new Map<string, readonly [number, number]>(); // where each was drawn when the last frame came
  #drawn = new Map<string, readonly [number, number]>();
  #palette: Palette = {};
  #floor: HTMLCanvasElement | null = null;
  #box: ViewBox | null = null;
  #asked = false;
  #shown: Size = { width: 1, height: 1 }; // of the canvas; asking the page each time would lay it out anew
  #areaMade = false; // in this frame
  #frame = -1;
  #frameMs = 0;
  readonly #still = matchMedia("(prefers-reduced-motion: reduce)");

  constructor(store: Store) {
    this.#store = store;
    this.#canvas = byId("map") as HTMLCanvasElement;
    const context = this.#canvas.getContext("2d", { alpha: false });
    if (context === null) throw new Error("this browser draws no canvas");
    this.#context = context;
    this.#blocked = blockedOf(store.site.map);
    this.repaint();
    new ResizeObserver(() => this.#resized()).observe(this.#canvas);
    this.#listen();
    store.onChange(() => this.draw());
  }

  /** Takes the colours anew, after light became dark. */
  repaint(): void {
    this.#palette = coloursOf(COLOURS);
    this.#floor = floorImage(this.#store.site, this.#blocked, this.#palette);
    this.draw();
  }

  draw(): void {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      this.#paint();
    });
  }

  fit(): void {
    this.#box = fit(this.#extent(), this.#size());
    this.draw();
  }

  zoom(factor: number): void {
    const { width, height } = this.#size();
    this.#zoomAt(factor, { xPx: width / 2, yPx: height / 2 });
  }

  pan(dxPx: number, dyPx: number): void {
    if (this.#box !== null) this.#box = panBy(this.#box, dxPx, dyPx);
    this.draw();
  }

  /** Brings a robot into the middle. */
  show(robot: string): void {
    const pose = this.#store.view?.robots[robot]?.pose;
    if (pose !== undefined && this.#box !== null) this.#box = centredOn(this.#box, pose, this.#size());
    this.draw();
  }

  #zoomAt(factor: number, at: { readonly xPx: number; readonly yPx: number }): void {
    if (this.#box === null) return;
    this.#box = zoomAt(this.#box, factor, at, fit(this.#extent(), this.#size()).scale / 2);
    this.draw();
  }

  #size() {
    return this.#shown;
  }

  #extent(): Extent {
    const { width, height, cellM, originXM, originYM } = this.#store.site.map;
    return { xM: originXM, yM: originYM, widthM: width * cellM, heightM: height * cellM };
  }

  #resized(): void {
    this.#shown = { width: this.#canvas.clientWidth, height: this.#canvas.clientHeight };
    const { width, height } = this.#size();
    this.#canvas.width = Math.round(width * devicePixelRatio);
    this.#canvas.height = Math.round(height * devicePixelRatio);
    if (this.#box === null) this.fit();
    this.#paint();
  }

  #scene(): Scene | null {
    const { past, site, view } = this.#store;
    if (past !== null) return pastScene(past, site);
    if (view === null) return null;
    return liveScene(view, { site, viewAgeMs: this.#store.viewAgeMs(), isStale: this.#store.isStale });
  }

  #paint(): void {
    const scene = this.#scene();
    const [context, box, floor] = [this.#context, this.#box, this.#floor];
    if (scene === null || box === null || floor === null) return;
    const { site, selected } = this.#store;
    const drawing: Drawing = { context, box, site, palette: this.#palette, selected };
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.fillStyle = this.#palette.wall ?? "";
    context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    drawFloor(drawing, floor);
    this.#areaMade = false;
    this.#drawAreas(drawing, scene.robots.filter(isArea));
    drawPlaces(drawing, scene);
    drawPaths(drawing, scene);
    const robots = this.#glided(scene.robots);
    for (const robot of robots) if (robot.id !== selected) drawRobot(drawing, robot);
    for (const robot of robots) if (robot.id === selected) drawRobot(drawing, robot);
    this.#drawLabels(drawing, robots);
    this.#drawn = new Map(robots.map(({ id, xM, yM }) => [id, [xM, yM]]));
  }

  /** With very many silent robots at once only some get an area of their own, the selected one among them (R13). */
  #drawAreas(drawing: Drawing, silent: readonly SceneRobot[]): void {
    const own = new Set(silent.filter((robot, at) => at < AREAS_MOST || robot.id === drawing.selected));
    const ids = new Set([...own].map(({ id }) => id));
    for (const id of this.#areas.keys()) if (!ids.has(id)) this.#areas.delete(id);
    for (const robot of silent) {
      if (own.has(robot)) drawArea(drawing, robot, this.#areaOf(robot));
      else drawReach(drawing, robot);
    }
  }

  /** The selected one's name first, then those of silent ones, then of all where there is room for it. */
  #drawLabels(drawing: Drawing, robots: readonly SceneRobot[]): void {
    const all = robots.length <= LABELS_MOST || drawing.box.scale > 30;
    const rank = (robot: SceneRobot) => (robot.id === drawing.selected ? 0 : isArea(robot) ? 1 : 2);
    const named = robots.filter((robot) => all || rank(robot) < 2).sort((a, b) => rank(a) - rank(b));
    const { width, height } = this.#size();
    const labels = named.map((robot) => labelOf(drawing, robot));
    const inSight = labels.filter(({ x, y }) => x >= 0 && y >= 0 && x <= width && y <= height);
    this.#context.font = LABEL_FONT;
    const widthOf = (words: string) => this.#context.measureText(words).width;
    const placed = placeLabels(inSight, { widthOf, rightPx: width });
    for (const { words, x, y } of placed) text(drawing, words, { x, y, colour: this.#palette.text ?? "", size: 11 });
  }

  /** Robots between where they were drawn and where they are, so that they move smoothly; silent ones do not. */
  #glided(robots: readonly SceneRobot[]): readonly SceneRobot[] {
    const nowMs = performance.now();
    if (this.#frame !== this.#store.frames) {
      this.#frame = this.#store.frames;
      this.#frameMs = nowMs;
      this.#from.clear();
      for (const [id, at] of this.#drawn) this.#from.set(id, at);
    }
    const share =
      this.#still.matches || this.#store.past !== null ? 1 : Math.min(1, (nowMs - this.#frameMs) / GLIDE_MS);
    let moving = false;
    const glided = robots.map((robot) => {
      const from = this.#from.get(robot.id);
      if (share >= 1 || from === undefined || isArea(robot)) return robot;
      const [dx, dy] = [robot.xM - from[0], robot.yM - from[1]];
      if (Math.abs(dx) + Math.abs(dy) < 0.005 || Math.abs(dx) + Math.abs(dy) > 5) return robot;
      moving = true;
      return { ...robot, xM: from[0] + dx * share, yM: from[1] + dy * share };
    });
    if (moving) this.draw();
    return glided;
  }

  /** Where a silent robot can be, made anew now and then; null: no cells are known. */
  #areaOf(robot: SceneRobot): HTMLCanvasElement | null {
    const { site } = this.#store;
    const known = this.#areas.get(robot.id);
    const nowMs = performance.now();
    // One in a frame: several at once would be seen as a stutter.
    if (known !== undefined && (this.#areaMade || nowMs - known.madeMs < AREA_MS)) return known.image;
    this.#areaMade = true;
    const radiusM = robot.possibleM + site.radiusM;
    const cells = spread(site.map, this.#blocked, { xM: robot.xM, yM: robot.yM, radiusM });
    const look = {
      colour: this.#palette[robot.verdict] ?? "",
      possibleM: robot.possibleM,
      scale: this.#box?.scale ?? 1,
    };
    const image = cells === null ? null : areaImage(site, cells, look);
    this.#areas.set(robot.id, { image, madeMs: nowMs });
    return image;
  }

  #listen(): void {
    const canvas = this.#canvas;
    new Pointers(canvas, {
      pan: (dxPx, dyPx) => this.pan(dxPx, dyPx),
      zoomAt: (factor, at) => this.#zoomAt(factor, at),
      pick: (xPx, yPx) => this.#pick(xPx, yPx),
    });
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      this.#zoomAt(1.0015 ** -event.deltaY, { xPx: event.offsetX, yPx: event.offsetY });
    };
    canvas.addEventListener("wheel", wheel, { passive: false });
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  #key(event: KeyboardEvent): void {
    const steps: Readonly<Record<string, () => void>> = {
      ...{ ArrowLeft: () => this.pan(60, 0), ArrowRight: () => this.pan(-60, 0) },
      ...{ ArrowUp: () => this.pan(0, 60), ArrowDown: () => this.pan(0, -60) },
      ...{ "+": () => this.zoom(1.25), "=": () => this.zoom(1.25), "-": () => this.zoom(0.8), "0": () => this.fit() },
    };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    step();
  }

  #pick(xPx: number, yPx: number): void {
    const box = this.#box;
    if (box === null) return;
    let best = "";
    let nearest = 24;
    for (const [id, at] of this.#drawn) {
      const [x, y] = toPx(box, at[0], at[1]);
      const far = Math.hypot(x - xPx, y - yPx);
      if (far < nearest) [best, nearest] = [id, far];
    }
    this.#store.select(best);
  }
}
