// The guide's own: search in an index of this site, contents that fold on small screens, copying.
// Without it every page can be read and every link followed.

const root = document.body.dataset.root;
const MOST_FOUND = 12;

/* Contents are open where there is room beside the text. */
const contents = document.getElementById("guide-contents");
const isNarrow = matchMedia("(max-width: 52rem)");
const fold = () => (contents.open = !isNarrow.matches);
isNarrow.addEventListener("change", fold);
fold();

/* Copy a listing. */
if (navigator.clipboard) {
  for (const pre of document.querySelectorAll("main pre")) {
    const listing = document.createElement("div");
    listing.className = "listing";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(pre.textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
    pre.replaceWith(listing);
    listing.append(pre, button);
  }
}

/* Search. */
const query = document.getElementById("guide-query");
const found = document.getElementById("guide-found");
const said = document.getElementById("guide-said");
let loading; // the index, asked for once: later answers would take back what was chosen meanwhile
let chosen = -1;

const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

async function load() {
  const answer = await fetch(`${root}search.json`);
  return (await answer.json()).map(([address, page, heading, text]) => ({
    address, page, heading, text,
    words: [plain(page), plain(heading), plain(text)],
  }));
}

/** How well an entry fits: every word must be somewhere, and counts most in a title. */
function fit({ words: [page, heading, text] }, wanted) {
  let sum = 0;
  for (const word of wanted) {
    const here = (heading.includes(word) ? 8 : 0) + (page.includes(word) ? 4 : 0) + Math.min(3, text.split(word).length - 1);
    if (here === 0) return 0;
    sum += here;
  }
  return sum;
}

function excerpt(text, wanted) {
  const at = Math.max(0, plain(text).indexOf(wanted[0]) - 40);
  return (at > 0 ? "…" : "") + text.slice(at, at + 130);
}

function show(best, wanted) {
  chosen = -1;
  found.replaceChildren(...best.map((entry, at) => {
    const item = document.createElement("li");
    item.id = `guide-found-${at}`;
    item.setAttribute("role", "option");
    const title = document.createElement("b");
    title.textContent = entry.page === entry.heading ? entry.page : `${entry.page}: ${entry.heading}`;
    const text = document.createElement("span");
    text.textContent = excerpt(entry.text, wanted);
    item.append(title, text);
    item.dataset.address = root + entry.address;
    item.addEventListener("click", () => (location.href = item.dataset.address));
    return item;
  }));
  found.hidden = best.length === 0;
  query.setAttribute("aria-expanded", String(!found.hidden));
  query.removeAttribute("aria-activedescendant");
  said.textContent = wanted.length === 0 ? "" : best.length === 0 ? "Nothing found" : `${best.length} found`;
}

async function search() {
  const entries = await (loading ??= load());
  const wanted = plain(query.value).split(/\s+/).filter(Boolean);
  const fits = entries.map((entry) => ({ entry, sum: wanted.length ? fit(entry, wanted) : 0 }));
  const best = fits.filter(({ sum }) => sum > 0).sort((a, b) => b.sum - a.sum).slice(0, MOST_FOUND);
  show(best.map(({ entry }) => entry), wanted);
}

function choose(next) {
  const items = found.children;
  if (items.length === 0) return;
  items[chosen]?.removeAttribute("aria-selected");
  chosen = (next + items.length) % items.length;
  items[chosen].setAttribute("aria-selected", "true");
  items[chosen].scrollIntoView({ block: "nearest" });
  query.setAttribute("aria-activedescendant", items[chosen].id);
}

document.getElementById("guide-search").hidden = false;
query.addEventListener("input", search);
query.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") choose(chosen + 1);
  else if (event.key === "ArrowUp") choose(chosen - 1);
  else if (event.key === "Enter" && found.children.length > 0) location.href = found.children[Math.max(chosen, 0)].dataset.address;
  else if (event.key === "Escape") show([], []);
  else return;
  event.preventDefault();
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("#guide-search")) show([], []);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.closest("input, textarea, [contenteditable]")) {
    event.preventDefault();
    query.focus();
  }
});
