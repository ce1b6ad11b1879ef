// What Sphinx's search must know before it runs. It reads both names as globals of this page.
// No marking of words on the page found: it would pass them on through the browser's storage.
const SPHINX_HIGHLIGHT_ENABLED = false;
// No single-key shortcut: it takes "/" from readers who type with assistive technology.
DOCUMENTATION_OPTIONS.ENABLE_SEARCH_SHORTCUTS = false;
// What surrounds a find is fetched, which a browser keeps back from a page on the disk.
DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = location.protocol !== "file:";
// What it counts are titles, headings, terms and functions too, which it calls pages.
Documentation.TRANSLATIONS[
  "Search finished, found ${resultCount} page(s) matching the search query."
] = "Results, the best first: ${resultCount}.";
Documentation.TRANSLATIONS[
  "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories."
] = "Your search did not match any documents. Please make sure that all words are spelled correctly.";

// The text that its excerpts are cut from. Each formula stands in a page three times, as MathML, as TeX
// and as boxes for the eye: the MathML stays, with a sign for what it says by place alone. Sphinx's own
// does not find an anchor with a dot in it, such as a module's.
document.addEventListener("DOMContentLoaded", () => {
  // What teaches a word comes before the function that is named after it.
  Scorer.score = ([page, , , , score]) => score - (page === "chapters/api" ? 100 : 0);
  Search.htmlToText = (html, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const aside = ".headerlink, script, style, annotation, .katex-html, summary, .still-note";
    page.querySelectorAll(aside).forEach((node) => node.remove());
    // Words before code: a page begins with its imports, which name nearly all that it is about.
    page.querySelector("[role=main]")?.append(...page.querySelectorAll("pre"));
    const signs = {
      msup: "^", msub: "_", mfrac: "/", msqrt: "√", munder: "_", mover: "^", msubsup: "_^", munderover: "_^",
    };
    for (const [name, before] of Object.entries(signs)) {
      for (const node of page.querySelectorAll(name)) {
        [...before].reverse().forEach((sign, i) => [...node.children].at(-1 - i).before(sign));
        for (const part of node.querySelectorAll(":scope > mrow:has(> :nth-child(2))")) {
          part.before("(");
          part.after(")");
        }
      }
    }
    const text = (node) => node?.textContent.replaceAll("\u2061", " "); // it applies a function
    return text(page.getElementById(anchor?.slice(1))) || text(page.querySelector("[role=main]"));
  };
  // Its own looks for the stem of a word, such as entropi, does not find it, and shows how the page
  // begins. It also cuts words in two.
  Search.makeSearchSummary = (html, stems, anchor) => {
    const text = Search.htmlToText(html, anchor).replaceAll(/\s+/g, " ").trim();
    if (!text) return null;
    const words = ` ${text.toLowerCase()}`;
    const found = [...stems].flatMap((stem) => [stem, stem.slice(0, -1)])
      .map((start) => words.indexOf(` ${start}`)).find((place) => place >= 0) ?? 0;
    const start = found > 120 ? text.indexOf(" ", found - 120) + 1 : 0;
    const end = text.length > start + 240 ? text.lastIndexOf(" ", start + 240) : text.length;
    const excerpt = document.createElement("p");
    excerpt.className = "context";
    excerpt.textContent =
      (start > 0 ? "… " : "") + text.slice(start, end) + (end < text.length ? " …" : "");
    return excerpt;
  };
  // It looks words up in plain objects, where a question for "constructor" would find one.
  const own = Object.create(null, { hasOwnProperty: { value: Object.prototype.hasOwnProperty } });
  for (const name of ["terms", "titleterms"]) Object.setPrototypeOf(Search._index[name], own);
});
