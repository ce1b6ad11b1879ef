// What Sphinx's search must know before it runs. It reads both names as globals of this page.
// No marking of words on the page found: it would pass them on through the browser's storage.
const SPHINX_HIGHLIGHT_ENABLED = false;
// No single-key shortcut: it takes "/" from readers who type with assistive technology.
DOCUMENTATION_OPTIONS.ENABLE_SEARCH_SHORTCUTS = false;
