// Elements without innerHTML: what the service sends is only ever text.

const SVG = "http://www.w3.org/2000/svg";
const STAR = "M12 2.3l2.95 6.2 6.8.87-5 4.68 1.27 6.75L12 17.5l-6.02 3.3 1.27-6.75-5-4.68 6.8-.87z";

/**
 * Make an element. `text` is its text, `on…` a listener, a boolean an attribute that is there or
 * not, anything else an attribute.
 */
export function el(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/** Make an element of a picture. */
export function svg(tag, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function byId(id) {
  return document.getElementById(id);
}

/** A star; `part` is "whole", or the "left" or "right" half for scales with half steps. */
export function star(part = "whole") {
  const viewBox = { whole: "0 0 24 24", left: "0 0 12 24", right: "12 0 12 24" }[part];
  return svg("svg", { viewBox, "aria-hidden": "true" }, svg("path", { d: STAR }));
}

export function prefersStillness() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Set text only where it differs, so that a live region does not repeat itself. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Give a list these children, in this order. What stays is not touched, or it would lose its
 * focus; where what had it is gone, what now stands there gets it.
 */
export function arrange(list, children, focusTarget = (element) => element.querySelector("button, a, input")) {
  const held = list.contains(document.activeElement) ? document.activeElement : null;
  const place = held ? [...list.children].findIndex((child) => child.contains(held)) : -1;
  const wanted = new Set(children);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, index) => {
    if (list.children[index] !== child) list.insertBefore(child, list.children[index] ?? null);
  });
  if (!held || document.activeElement === held) return;
  if (held.isConnected) held.focus({ preventScroll: true });
  else if (children.length) focusTarget(children[Math.min(place, children.length - 1)])?.focus({ preventScroll: true });
  else list.closest("section")?.querySelector("h2")?.focus({ preventScroll: true });
}

/** First, Last, Invert, Play: elements glide from where they were. `change` moves them. */
export function gliding(elements, change) {
  const still = prefersStillness();
  const before = new Map(still ? [] : elements().map((one) => [one, one.getBoundingClientRect()]));
  change();
  if (still) return;
  const after = elements().map((one) => [one, one.getBoundingClientRect()]);
  const isNear = ({ bottom, top }) => bottom > -200 && top < window.innerHeight + 200;
  for (const [one, { left, top, bottom }] of after) {
    const was = before.get(one);
    if (!isNear({ top, bottom }) && !(was && isNear(was))) continue;
    if (!was) one.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 350, easing: "ease-out" });
    else if (was.left !== left || was.top !== top) {
      const transform = `translate(${was.left - left}px, ${was.top - top}px)`;
      one.animate([{ transform }, { transform: "none" }], { duration: 420, easing: "cubic-bezier(0.2, 0.7, 0.2, 1)" });
    }
  }
}
