/* Before the first paint: what the reader chose about rows, columns and the menu. A classic script, so that nothing flickers. */
(() => {
  "use strict";
  const root = document.documentElement;
  const read = (key) => {
    try {
      return localStorage.getItem("panhuo." + key);
    } catch {
      return null; // storage may be forbidden: then every page is as it comes
    }
  };
  if (read("density") === "compact") root.dataset.density = "compact";
  if (read("nav") === "narrow") root.dataset.nav = "narrow";
  // columns are hidden by one sheet of rules, so rows that arrive later obey as well
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  let columns = {};
  try {
    columns = JSON.parse(read("columns") || "{}");
  } catch {
    columns = {};
  }
  const paint = () => {
    const rules = Object.entries(columns).flatMap(([table, hidden]) =>
      hidden.map((column) => `#${CSS.escape(table)} [data-col="${CSS.escape(column)}"] { display: none }`),
    );
    sheet.replaceSync(rules.join("\n"));
  };
  paint();
  window.panhuoColumns = {
    hidden: (table) => columns[table],
    hide: (table, hidden, remember) => {
      if (hidden === null) delete columns[table];
      else columns[table] = hidden;
      paint();
      if (!remember) return;
      try {
        localStorage.setItem("panhuo.columns", JSON.stringify(columns));
      } catch {
        /* not remembered */
      }
    },
  };
})();
