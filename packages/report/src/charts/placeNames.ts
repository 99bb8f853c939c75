/** A point and its name, in pixels of the plot: y grows downwards. */
export interface NamedPoint {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

/** From one end to the other, in pixels. */
export interface Segment {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** Where a name stands. */
export interface PlacedName {
  readonly name: string;
  /** Left end and middle height of the text. */
  readonly x: number;
  readonly y: number;
  /** From the point to the name where it is not beside it; null where it is. */
  readonly leader: Segment | null;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Height of a line, and estimated width of a letter: there is no canvas to measure text. */
const LINE = 15;
const LETTER = 7.4;
/** From the middle of a point to its name, and half the side of the square that a point takes. */
const GAP = 10;
const POINT = 6;
/** Beyond this a name needs a line to its point. */
const BESIDE = 20;

/**
 * Puts each name near its point, clear of other names, of points and, where it can be, of lines: each takes the
 * cheapest of a list of places, the most crowded points first.
 *
 * @param size of the plot; names stay within it where they fit
 * @param lines what names should not cross, such as the front and intervals
 * @returns a place for each point, in the order of the points
 */
export function placeNames(
  points: readonly NamedPoint[],
  size: { readonly width: number; readonly height: number },
  lines: readonly Segment[],
): readonly PlacedName[] {
  const taken: Box[] = points.map(({ x, y }) => around(x, y, POINT, POINT));
  const crowd = (point: NamedPoint): number =>
    points.filter((other) => Math.hypot(other.x - point.x, other.y - point.y) < 4 * LINE).length;
  const order = [...points].sort((a, b) => crowd(b) - crowd(a) || a.y - b.y || a.x - b.x);
  const placed = new Map<NamedPoint, PlacedName>();
  for (const point of order) {
    const [first, ...others] = placesFor(point);
    const costOf = (box: Box): number =>
      cost(box, point, size, taken, lines) + 30 * pointsBehind(box, point, points);
    const best = others.reduce((found, box) => (costOf(box) < costOf(found) ? box : found), first);
    taken.push(best);
    const y = (best.top + best.bottom) / 2;
    placed.set(point, { name: point.name, x: best.left, y, leader: leaderTo(best, point) });
  }
  return points.flatMap((point) => placed.get(point) ?? []);
}

/** To the right, to the left, above and below, then further and further away. */
function placesFor({ name, x, y }: NamedPoint): readonly [Box, ...Box[]] {
  const half = (name.length * LETTER) / 2;
  const at = (dx: number, dy: number): Box => around(x + dx, y + dy, half, LINE / 2);
  const beside = half + GAP;
  const further = [0, 1, 2, 3, 4, 5, 6].flatMap((lines) =>
    [lines * LINE, -lines * LINE].flatMap((dy) =>
      [0, 25, 50].flatMap((extra) => [at(beside + extra, dy), at(-beside - extra, dy)]),
    ),
  );
  const flush = half - POINT;
  const overAndUnder = [0, flush, -flush].flatMap((dx) => [at(dx, -LINE), at(dx, LINE)]);
  return [at(beside, 0), at(-beside, 0), ...overAndUnder, ...further];
}

function cost(
  box: Box,
  point: NamedPoint,
  { width, height }: { readonly width: number; readonly height: number },
  taken: readonly Box[],
  lines: readonly Segment[],
): number {
  const outside =
    Math.max(0, -box.left) +
    Math.max(0, box.right - width) +
    Math.max(0, -box.top) +
    Math.max(0, box.bottom - height);
  const covered = taken.reduce((sum, other) => sum + overlap(box, other), 0);
  const crossed = lines.filter((line) => crosses(box, line)).length;
  return outside * 100 + covered * 5 + crossed * 25 + distance(box, point);
}

function around(x: number, y: number, halfWidth: number, halfHeight: number): Box {
  return { left: x - halfWidth, right: x + halfWidth, top: y - halfHeight, bottom: y + halfHeight };
}

/** Area that two boxes share. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Other points that a line from the name to its own would run through. */
function pointsBehind(box: Box, point: NamedPoint, points: readonly NamedPoint[]): number {
  const leader = leaderTo(box, point);
  if (leader === null) return 0;
  const [dx, dy] = [leader.x2 - leader.x1, leader.y2 - leader.y1];
  return points.filter((other) => {
    const along = ((other.x - leader.x1) * dx + (other.y - leader.y1) * dy) / (dx * dx + dy * dy);
    if (other === point || along <= 0 || along >= 1) return false;
    return Math.hypot(leader.x1 + along * dx - other.x, leader.y1 + along * dy - other.y) < POINT;
  }).length;
}

/** Lines are upright or level, so the box around one is the line. */
function crosses(box: Box, { x1, y1, x2, y2 }: Segment): boolean {
  return (
    Math.max(x1, x2) > box.left &&
    Math.min(x1, x2) < box.right &&
    Math.max(y1, y2) > box.top + 2 &&
    Math.min(y1, y2) < box.bottom - 2
  );
}

function nearest({ left, right, top, bottom }: Box, { x, y }: NamedPoint): readonly [x: number, y: number] {
  return [Math.min(Math.max(x, left), right), Math.min(Math.max(y, top + LINE / 2), bottom - LINE / 2)];
}

function distance(box: Box, point: NamedPoint): number {
  const [x, y] = nearest(box, point);
  return Math.hypot(x - point.x, y - point.y);
}

function leaderTo(box: Box, point: NamedPoint): Segment | null {
  if (distance(box, point) <= BESIDE) return null;
  const [x2, y2] = nearest(box, point);
  return { x1: point.x, y1: point.y, x2, y2 };
}
