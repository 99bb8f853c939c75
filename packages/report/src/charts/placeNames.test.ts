import { describe, expect, it } from "vitest";
import type { NamedPoint, PlacedName, Segment } from "./placeNames.ts";
import { placeNames } from "./placeNames.ts";

const size = { width: 370, height: 300 };

/** What a name takes up at least: DejaVu Sans at 12.5 pixels has about 7 pixels a letter. */
const box = ({ name, x, y }: PlacedName) => ({
  left: x,
  right: x + 7 * name.length,
  top: y - 7,
  bottom: y + 7,
});

function collisions(placed: readonly PlacedName[]): number {
  const boxes = placed.map(box);
  return boxes.flatMap((a, index) =>
    boxes
      .slice(index + 1)
      .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom),
  ).length;
}

describe("names of points", () => {
  it("stand beside a point that has room, on the side where there is some", () => {
    const [middle, edge] = [
      placeNames([{ name: "alone", x: 100, y: 100 }], size, []),
      placeNames([{ name: "alone", x: 360, y: 100 }], size, []),
    ];
    expect(middle[0]).toMatchObject({ y: 100, leader: null });
    expect(middle[0]?.x).toBeGreaterThan(100);
    expect(box(edge[0] as PlacedName).right).toBeLessThan(360);
  });

  it("never run into each other or out of the plot, even where nine points are all but one", () => {
    const names = [
      "full",
      "lora",
      "adalora",
      "lora-fa",
      "lora-xs",
      "bitfit",
      "lamda",
      "lamda-plus-plus",
      "probe",
    ];
    for (const [spread, x, y] of [
      [2, 180, 150],
      [12, 60, 40],
      [25, 330, 270],
      [0, 5, 5],
    ] as const) {
      const points = names.map(
        (name, index): NamedPoint => ({
          name,
          x: x + spread * Math.sin(index * 2.4),
          y: y + spread * Math.cos(index * 3.7),
        }),
      );
      const placed = placeNames(points, size, []);
      expect(placed.map(({ name }) => name).sort()).toEqual([...names].sort());
      expect(collisions(placed), `${spread} around ${x}, ${y}`).toBe(0);
      for (const each of placed) {
        const { left, right, top, bottom } = box(each);
        expect(Math.min(left, top)).toBeGreaterThanOrEqual(-1);
        expect(right).toBeLessThanOrEqual(size.width + 1);
        expect(bottom).toBeLessThanOrEqual(size.height + 1);
      }
    }
  });

  it("get a line to their point where they stand away from it", () => {
    const points = Array.from({ length: 9 }, (_, index) => ({ name: `method-${index}`, x: 180, y: 150 }));
    const apart = placeNames(points, size, []).flatMap(({ leader }) => leader ?? []);
    expect(apart.length).toBeGreaterThan(0);
    for (const { x1, y1 } of apart) expect([x1, y1]).toEqual([180, 150]);
  });

  it("leave lines free that they need not cross", () => {
    const front: Segment = { x1: 100, y1: 100, x2: 300, y2: 100 };
    const [placed] = placeNames([{ name: "start", x: 100, y: 100 }], size, [front]);
    const { left, top, bottom } = box(placed as PlacedName);
    expect(left < 100 || top > 100 || bottom < 100).toBe(true);
  });
});
