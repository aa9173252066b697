// Elements without innerHTML: what the service sends is only ever text.

const SVG = "http://www.w3.org/2000/svg";
const STAR = "M12 2.3l2.95 6.2 6.8.87-5 4.68 1.27 6.75L12 17.5l-6.02 3.3 1.27-6.75-5-4.68 6.8-.87z";

/**
 * Make an element. `text` is its text, `on…` a listener, a boolean an attribute that is there or
 * not, anything else an attribute.
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function byId(id) {
  return document.getElementById(id);
}

/** A star; `part` is "whole", or the "left" or "right" half for scales with half steps. */
export function star(part = "whole") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", { whole: "0 0 24 24", left: "0 0 12 24", right: "12 0 12 24" }[part]);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", STAR);
  svg.append(path);
  return svg;
}

export function prefersStillness() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Set text only where it differs, so that a live region does not repeat itself. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
