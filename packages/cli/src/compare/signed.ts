/** Points with their sign: `+1.20`. */
export function signed(points: number): string {
  return `${points > 0 ? "+" : ""}${points.toFixed(2)}`;
}
