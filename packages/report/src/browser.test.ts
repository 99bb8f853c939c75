import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderReport } from "./report.ts";
import { expectedFigures } from "./testing/expectedFigures.ts";
import {
  syntheticFailure,
  syntheticFull,
  syntheticGrid,
  syntheticLora,
  syntheticLossCurve,
  syntheticPattern,
  syntheticPruning,
} from "./testing/syntheticResults.ts";

const places = [
  process.env.PEFTBENCH_CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];
const executablePath = places.find((path) => path !== undefined && existsSync(path));

const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const attack = `</title><script>document.title="owned"</script><img src="http://127.0.0.1:9/x" onerror="alert(1)">`;
const results = [
  ...syntheticGrid(
    [
      syntheticLora,
      syntheticFull,
      { ...syntheticLora, method: `lora ${attack}` },
      syntheticPattern,
      syntheticPruning,
    ],
    [0, 1, 2],
  ),
  syntheticFailure({ method: { ...syntheticLora, method: "broken" }, seed: 0 }, "failed", attack),
];

/** A page that has been opened, and everything it did that a quiet page does not do. */
interface OpenPage {
  readonly page: Page;
  readonly complaints: readonly string[];
}

describe.skipIf(executablePath === undefined)(
  "the report in Chromium (skipped without one: set PEFTBENCH_CHROMIUM to its path)",
  () => {
    let browser: Browser;
    let folder = "";
    let url = "";

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "peftbench-browser-"));
      const file = join(folder, "report.html");
      url = pathToFileURL(file).href;
      const page = await renderReport({
        results,
        lossCurves: results.map(syntheticLossCurve),
        generatedAt: "2026-01-02T03:04:05.000Z",
        title: "Synthetic",
      });
      await writeFile(file, page);
      browser = await chromium.launch({ executablePath: executablePath ?? "", headless: true, args: quiet });
    });

    afterAll(async () => {
      await browser.close();
      await rm(folder, { recursive: true, force: true });
    });

    async function open(width: number, colorScheme: "light" | "dark"): Promise<OpenPage> {
      const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
      const complaints: string[] = [];
      page.on("console", (message) => complaints.push(`console: ${message.text()}`));
      page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
      page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`));
      page.on("request", (request) => {
        if (!/^(file|data):/.test(request.url())) complaints.push(`request: ${request.url()}`);
      });
      page.on("dialog", (dialog) => {
        complaints.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      await page.goto(url, { waitUntil: "load" });
      return { page, complaints };
    }

    it.each([
      [1280, "light"],
      [1280, "dark"],
      [390, "light"],
    ] as const)(
      "at %d pixels, %s: no complaint, every chart drawn, nothing wider than the page",
      async (width, scheme) => {
        const { page, complaints } = await open(width, scheme);
        const boxes = await page.locator(".chart-drawing").evaluateAll((drawings) =>
          drawings.map((drawing) => {
            const { width: drawn, height } = drawing.getBoundingClientRect();
            const marks = drawing.querySelectorAll(
              ".role-mark path, .role-mark line, .role-mark text",
            ).length;
            const axes = [...drawing.querySelectorAll(".role-axis-title text")].map(
              (text) => text.textContent ?? "",
            );
            return { drawn, height, marks, axes };
          }),
        );
        // Quality, both trade-offs, memory, loss, score along the run; two heat maps, one with its total.
        expect(boxes).toHaveLength(9);
        for (const { drawn, height, marks, axes } of boxes) {
          expect(axes.length).toBeGreaterThan(0);
          expect(axes.every((title) => title.length > 3)).toBe(true);
          expect(drawn).toBeGreaterThan(300);
          expect(height).toBeGreaterThan(80);
          expect(marks).toBeGreaterThan(2);
        }
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
        expect(await page.title()).toBe("Synthetic");
        expect(complaints).toEqual([]);
        await page.close();
      },
    );

    it("shows the figures of the results in its table", async () => {
      const { page } = await open(1280, "light");
      const rows = await page.locator("table.results tr[data-method]").evaluateAll((elements) =>
        elements.map((row) => ({
          method: row.getAttribute("data-method"),
          figures: [...row.querySelectorAll("data")].map(
            (data) => [data.className, Number(data.value)] as const,
          ),
        })),
      );
      expect(rows.map(({ method }) => method).sort()).toEqual(
        [...new Set(results.map(({ cell }) => cell.method))].sort(),
      );
      for (const { method, figures } of rows) {
        const expected = expectedFigures(results.filter(({ cell }) => cell.method === method));
        for (const [kind, value] of figures) {
          expect(Math.abs(value / (expected.get(kind) ?? Number.NaN) - 1), `${method} ${kind}`).toBeLessThan(
            1e-9,
          );
        }
        expect(figures).toHaveLength(expected.size);
      }
      await page.close();
    });

    it("draws the charts' text in the page's colours, so that it reads on light and dark", async () => {
      const colours: string[] = [];
      for (const scheme of ["light", "dark"] as const) {
        const { page } = await open(1280, scheme);
        const colourOf = (selector: string, property: string): Promise<string> =>
          // As text, for the types of a page are not those of this test.
          page.evaluate<string>(
            `getComputedStyle(document.querySelector(${JSON.stringify(selector)})).${property}`,
          );
        const fill = await colourOf(".chart-drawing text", "fill");
        const muted = await colourOf("p.note", "color");
        const ink = await colourOf("body", "color");
        expect([muted, ink]).toContain(fill);
        colours.push(fill);
        await page.close();
      }
      expect(colours[0]).not.toBe(colours[1]);
    });

    it("is read by keyboard from the top: a way past the head first, then all that scrolls or opens", async () => {
      const { page } = await open(390, "light");
      await page.keyboard.press("Tab");
      expect(await page.evaluate("document.activeElement.className")).toBe("skip");
      // As text, for the types of a page are not those of this test.
      const unreachable = await page.evaluate(`[...document.querySelectorAll("*")]
        .filter((each) => each.clientWidth > 0 && each.scrollWidth > each.clientWidth + 1)
        .filter((each) => /auto|scroll/.test(getComputedStyle(each).overflowX))
        .filter((each) => each.tabIndex !== 0 || !each.hasAttribute("aria-label"))
        .map((each) => each.outerHTML.slice(0, 80))`);
      expect(unreachable).toEqual([]);
      await page.close();
    });

    it("prints everything on the width of a page, details included", async () => {
      // A4 without the margins of the style sheet, at 96 pixels an inch.
      const { page } = await open(680, "light");
      await page.emulateMedia({ media: "print" });
      const box = await page.locator("table.runs").boundingBox();
      expect(box?.height ?? 0).toBeGreaterThan(100);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(680);
      await page.close();
    });

    it("opens its details by keyboard", async () => {
      const { page } = await open(1280, "light");
      const summary = page.locator("#runs ~ details > summary");
      await summary.focus();
      expect(await page.locator("table.runs").isVisible()).toBe(false);
      await page.keyboard.press("Enter");
      expect(await page.locator("table.runs").isVisible()).toBe(true);
      await page.close();
    });
  },
);
