// Covers drawn from what is known of an item: the hue from its attributes, the motif from its id.
// The same item always has the same cover. A picture takes its place where there is one.

import { el, svg } from "./dom.js";
import { titleParts } from "./format.js";

const SHAPES = {
  tall: { width: 120, height: 176, size: 15, lines: 5 },
  wide: { width: 200, height: 112, size: 16, lines: 3 },
  mini: { width: 40, height: 54, size: 0, lines: 0 },
};
const WEIGHT = 700;
const MOST_LETTERS = 200; // of a line that are looked at
const HUES = [348, 8, 24, 152, 168, 186, 202, 216, 232, 256, 276, 316]; // those that look well dark

const imageOrigins = new Set(
  (document.querySelector('meta[name="melu-image-origins"]')?.content ?? "").split(" ").filter(Boolean),
);
const pen = document.createElement("canvas").getContext("2d");
const family = getComputedStyle(document.documentElement).fontFamily;
let made = 0;

/** FNV-1a: small, and equal for equal texts. */
function hash(text) {
  let value = 2166136261;
  for (const letter of String(text)) value = Math.imul(value ^ letter.codePointAt(0), 16777619);
  return (value ^ (value >>> 15)) >>> 0;
}

/** Numbers from 0 to 1 that follow from a seed. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Hues of the first values that an item has in words; of its id where it has none. */
function huesOf(item) {
  const values = Object.entries(item.attributes)
    .filter(([name, value]) => name !== "image_url" && (Array.isArray(value) || typeof value === "string"))
    .map(([, value]) => [value].flat())
    .find((several) => several.length && several[0].length <= 40);
  const [first, second] = values ?? [item.item_id];
  const hueOf = (text) => HUES[hash(text) % HUES.length];
  const shade = (hash(item.item_id) % 21) - 10;
  const hue = hueOf(first);
  return [hue + shade, (second === undefined ? hue + 40 : hueOf(second)) - shade];
}

function widthOf(text, size) {
  pen.font = `${WEIGHT} ${size}px ${family}`;
  return pen.measureText(text).width;
}

/** Set a title in lines, in the largest size that fits. */
export function setTitle(title, { width, size, lines }) {
  const room = width - 18;
  for (let height = size; ; height -= 1) {
    const set = [];
    for (const word of title.split(/\s+/)) {
      const joined = set.length ? `${set.at(-1)} ${word}` : word;
      if (set.length && widthOf(joined, height) <= room) set[set.length - 1] = joined;
      else if (height > 9 || set.length >= lines) set.push(word);
      else set.push(...pieces(word, height, room));
    }
    const fits = set.length <= lines && set.every((line) => widthOf(line, height) <= room);
    if (fits) return { height, set };
    if (height > 9) continue;
    const cut = set.slice(0, lines);
    if (set.length > lines) cut[lines - 1] += "…";
    return { height, set: cut.map((line) => shortened(line, height, room)) };
  }
}

/** A word that is longer than a line, as scripts without spaces have them, in lines. */
function pieces(word, height, room) {
  const set = [""];
  for (const letter of Array.from(word).slice(0, MOST_LETTERS)) {
    if (set.at(-1) && widthOf(set.at(-1) + letter, height) > room) set.push("");
    set[set.length - 1] += letter;
  }
  return set;
}

function shortened(line, height, room) {
  const letters = Array.from(line.replace(/…$/, "")).slice(0, MOST_LETTERS);
  let text = line;
  while (letters.length > 1 && widthOf(text, height) > room) {
    letters.pop();
    text = `${letters.join("")}…`;
  }
  return text;
}

const MOTIFS = [
  // Two suns.
  (draw, { width, height }, next) => {
    const [x, y, r] = [width * (0.25 + 0.4 * next()), height * (0.15 + 0.25 * next()), width * (0.26 + 0.16 * next())];
    draw("circle", { cx: x, cy: y, r }, 0);
    draw("circle", { cx: x + r * 0.9, cy: y + r * 0.7, r: r * 0.55 }, 1);
  },
  // Hills.
  (draw, { width, height }, next) => {
    for (const part of [0, 1]) {
      const top = height * (0.28 + 0.2 * part + 0.1 * next());
      const wave = height * (0.1 + 0.16 * next());
      const turn = width * (0.3 + 0.4 * next());
      draw("path", { d: `M0 ${top}Q${turn / 2} ${top - wave} ${turn} ${top}T${width} ${top}V${height}H0z` }, part);
    }
  },
  // Stripes.
  (draw, { width, height }, next) => {
    const slope = height * (0.1 + 0.3 * next());
    let at = -slope;
    for (let line = 0; at < height * 0.8; line += 1) {
      const thick = height * (0.03 + 0.09 * next());
      draw("path", { d: `M0 ${at + slope}L${width} ${at}v${thick}L0 ${at + slope + thick}z` }, line % 2);
      at += thick * (1.4 + next());
    }
  },
  // A peak and a moon.
  (draw, { width, height }, next) => {
    const peak = width * (0.3 + 0.4 * next());
    const base = height * 0.78;
    draw("path", { d: `M${peak} ${height * 0.16}L${width * 1.02} ${base}H${-width * 0.02}z` }, 0);
    draw("circle", { cx: peak + width * 0.24 * (next() < 0.5 ? -1 : 1), cy: height * 0.24, r: width * 0.11 }, 1);
  },
  // Rings.
  (draw, { width, height }, next) => {
    const [x, y] = [width * (0.2 + 0.6 * next()), height * (0.2 + 0.25 * next())];
    for (let ring = 4; ring > 0; ring -= 1) draw("circle", { cx: x, cy: y, r: width * 0.115 * ring }, ring % 2);
  },
  // Tiles.
  (draw, { width, height }, next) => {
    const size = width / 4;
    for (let y = 0; y < height * 0.72; y += size) {
      for (let x = 0; x < width; x += size) {
        const kind = next();
        if (kind < 0.3) draw("circle", { cx: x + size / 2, cy: y + size / 2, r: size * 0.42 }, 0);
        else if (kind < 0.62) draw("path", { d: `M${x} ${y}h${size}L${x} ${y + size}z` }, kind < 0.46 ? 0 : 1);
      }
    }
  },
];

function drawn(item, shape) {
  const { width, height } = shape;
  const [hue, other] = huesOf(item);
  const seed = hash(`${item.item_id} ${item.title}`);
  const next = numbers(seed);
  const id = `cover-${(made += 1)}`;
  const colours = [`hsl(${hue} 72% 56%)`, `hsl(${other} 78% 64%)`];
  const shapes = [];
  const draw = (tag, properties, colour) =>
    shapes.push(svg(tag, { ...rounded(properties), fill: colours[colour], opacity: colour ? 0.78 : 0.62 }));
  MOTIFS[seed % MOTIFS.length](draw, shape, next);
  const gradient = (key, stops) =>
    svg(
      "linearGradient",
      { id: `${id}${key}`, x2: key === "b" ? "0.6" : "0", y2: "1" },
      ...stops.map(([offset, colour, opacity]) => svg("stop", { offset, "stop-color": colour, "stop-opacity": opacity })),
    );
  const cover = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, class: "art", "aria-hidden": "true", preserveAspectRatio: "xMidYMid slice" },
    svg(
      "defs",
      {},
      gradient("b", [[0, `hsl(${hue} 62% 36%)`, 1], [1, `hsl(${other} 60% 16%)`, 1]]),
      gradient("s", [[0, "#000", 0], [0.45, "#000", shape.lines ? 0.25 : 0], [1, "#000", shape.lines ? 0.82 : 0.2]]),
    ),
    svg("rect", { width, height, fill: `url(#${id}b)` }),
    ...shapes,
    svg("rect", { width, height, fill: `url(#${id}s)` }),
  );
  if (shape.lines) cover.append(...written(item.title, shape));
  return cover;
}

function written(title, shape) {
  const { name, mark } = titleParts(title);
  const { height, set } = setTitle(name, shape);
  const step = height * 1.16;
  const text = svg("text", { x: 9, fill: "#fff", "font-size": height, "font-weight": WEIGHT });
  set.forEach((line, index) => {
    text.append(svg("tspan", { x: 9, y: shape.height - 10 - step * (set.length - 1 - index), text: line }));
  });
  if (!mark) return [text];
  const corner = { x: shape.width - 8, y: 16, fill: "#fff", "fill-opacity": 0.9, "font-size": 10, "text-anchor": "end" };
  return [text, svg("text", { ...corner, text: mark })];
}

const rounded = (properties) =>
  Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      name,
      typeof value === "number" ? Math.round(value * 10) / 10 : value.replaceAll(/-?\d+\.\d+/g, (one) => Number(one).toFixed(1)),
    ]),
  );

/**
 * A cover. It is decoration: the title always stands beside it as text.
 *
 * @param {object} item
 * @param {"tall" | "wide" | "mini"} shape
 */
export function cover(item, shape) {
  const box = el("div", { class: `cover ${shape}`, "aria-hidden": "true" });
  const address = pictureOf(item);
  if (!address) {
    box.append(drawn(item, SHAPES[shape]));
    return box;
  }
  const picture = el("img", { class: "art", alt: "", loading: "lazy", decoding: "async" });
  picture.addEventListener("error", () => picture.replaceWith(drawn(item, SHAPES[shape])), { once: true });
  picture.src = address;
  box.append(picture);
  return box;
}

function pictureOf(item) {
  const address = item.attributes.image_url;
  if (typeof address !== "string") return null;
  try {
    return imageOrigins.has(new URL(address).origin) ? address : null;
  } catch {
    return null;
  }
}
