// What part of the site the map shows: metres to pixels and back, zoom about a point, and never so far away that the
// site is out of sight. Pure.

export interface Extent {
  readonly xM: number;
  readonly yM: number;
  readonly widthM: number;
  readonly heightM: number;
}

export interface ViewBox {
  readonly scale: number; // pixels per metre
  readonly leftPx: number; // where x = 0 is
  readonly basePx: number; // where y = 0 is
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const SCALE_MOST = 400;

/** The whole site with a margin. */
export function fit(extent: Extent, size: Size): ViewBox {
  const marginPx = 16;
  const scale = Math.max(
    0.01,
    Math.min((size.width - 2 * marginPx) / extent.widthM, (size.height - 2 * marginPx) / extent.heightM),
  );
  return {
    scale,
    leftPx: size.width / 2 - (extent.xM + extent.widthM / 2) * scale,
    basePx: size.height / 2 + (extent.yM + extent.heightM / 2) * scale,
  };
}

export function toPx(box: ViewBox, xM: number, yM: number): readonly [number, number] {
  return [box.leftPx + xM * box.scale, box.basePx - yM * box.scale];
}

export function toM(box: ViewBox, xPx: number, yPx: number): readonly [number, number] {
  return [(xPx - box.leftPx) / box.scale, (box.basePx - yPx) / box.scale];
}

/** The point under the pointer stays where it is. */
export function zoomAt(
  box: ViewBox,
  factor: number,
  at: { readonly xPx: number; readonly yPx: number },
  least: number,
) {
  const scale = Math.min(SCALE_MOST, Math.max(least, box.scale * factor));
  const ratio = scale / box.scale;
  return {
    scale,
    leftPx: at.xPx - (at.xPx - box.leftPx) * ratio,
    basePx: at.yPx - (at.yPx - box.basePx) * ratio,
  };
}

export function panBy(box: ViewBox, dxPx: number, dyPx: number): ViewBox {
  return { scale: box.scale, leftPx: box.leftPx + dxPx, basePx: box.basePx + dyPx };
}

/** A point of the site in the middle. */
export function centredOn(box: ViewBox, at: { readonly xM: number; readonly yM: number }, size: Size): ViewBox {
  return {
    scale: box.scale,
    leftPx: size.width / 2 - at.xM * box.scale,
    basePx: size.height / 2 + at.yM * box.scale,
  };
}
