// Prometheus' text format, and what follows from two looks at it.

const LINE = /^(\w+)(?:\{(.*)\})? (\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** One look: its samples by name. */
export class Scrape {
  constructor(text, at) {
    this.at = at; // seconds
    this.samples = new Map();
    for (const line of text.split("\n")) {
      const found = line.startsWith("#") ? null : LINE.exec(line);
      if (!found) continue;
      const labels = {};
      for (const [, name, value] of (found[2] ?? "").matchAll(LABEL)) labels[name] = value.replace(/\\(.)/g, "$1");
      const [name, value] = [found[1], Number(found[3])];
      if (!this.samples.has(name)) this.samples.set(name, []);
      this.samples.get(name).push({ labels, value });
    }
  }

  of(name, isMeant = () => true) {
    return (this.samples.get(name) ?? []).filter(({ labels }) => isMeant(labels));
  }

  sum(name, isMeant) {
    return this.of(name, isMeant).reduce((all, { value }) => all + value, 0);
  }

  /** Upper bound of a bucket → observations up to it, as [bound, count] in order. */
  buckets(name, isMeant) {
    const found = new Map();
    for (const { labels, value } of this.of(`${name}_bucket`, isMeant)) {
      const bound = labels.le === "+Inf" ? Infinity : Number(labels.le);
      found.set(bound, (found.get(bound) ?? 0) + value);
    }
    return [...found].sort(([one], [other]) => one - other);
  }
}

/** Buckets of what was observed between two looks. */
export function between(now, before) {
  const known = new Map(before);
  return now.map(([bound, value]) => [bound, value - (known.get(bound) ?? 0)]);
}

/** A quantile within its bucket, as Prometheus reckons it; null where nothing was observed. */
export function quantile(buckets, part) {
  const all = buckets.at(-1)?.[1] ?? 0;
  if (!all) return null;
  let [low, below] = [0, 0];
  for (const [bound, value] of buckets) {
    if (value >= part * all) {
      if (bound === Infinity) return low;
      return low + ((bound - low) * (part * all - below)) / (value - below || 1);
    }
    [low, below] = [bound, value];
  }
  return low;
}
