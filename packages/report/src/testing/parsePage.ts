import type { DefaultTreeAdapterTypes } from "parse5";
import { parse } from "parse5";

type Node = DefaultTreeAdapterTypes.Node;
export type PageElement = DefaultTreeAdapterTypes.Element;

/** Every element of a document, parsed as a browser would, in document order. */
export function elementsOf(html: string): readonly PageElement[] {
  return descendants(parse(html));
}

/** The elements below one. */
export function descendants(node: Node): readonly PageElement[] {
  const children = "childNodes" in node ? node.childNodes : [];
  return children.flatMap((child) => ("tagName" in child ? [child, ...descendants(child)] : []));
}

export function attribute(element: PageElement, name: string): string | undefined {
  return element.attrs.find((each) => each.name === name)?.value;
}

export function hasClass(element: PageElement, name: string): boolean {
  return (attribute(element, "class") ?? "").split(" ").includes(name);
}

export function textOf(node: Node): string {
  if (node.nodeName === "#text" && "value" in node) return node.value;
  return "childNodes" in node ? node.childNodes.map(textOf).join("") : "";
}

/** Rows of the results tables: `model/task/method` to the exact values of their figures by kind. */
export function resultsOf(html: string): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const rows = new Map<string, ReadonlyMap<string, number>>();
  for (const table of elementsOf(html).filter(
    (each) => each.tagName === "table" && hasClass(each, "results"),
  )) {
    for (const row of descendants(table)) {
      const method = attribute(row, "data-method");
      if (method === undefined) continue;
      const figures = descendants(row).filter(({ tagName }) => tagName === "data");
      rows.set(
        `${attribute(table, "data-model")}/${attribute(table, "data-task")}/${method}`,
        new Map(figures.map((each) => [attribute(each, "class") ?? "", Number(attribute(each, "value"))])),
      );
    }
  }
  return rows;
}
