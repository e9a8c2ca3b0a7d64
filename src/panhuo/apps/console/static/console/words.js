/* The few sentences that are made in the browser, in the page's language. */
export const chinese = document.documentElement.lang.startsWith("zh");
export const say = (zh, en) => (chinese ? zh : en);

export const remember = (key, value) => {
  try {
    if (value === null) localStorage.removeItem("panhuo." + key);
    else localStorage.setItem("panhuo." + key, value);
  } catch {
    /* storage forbidden: not remembered */
  }
};

/** Whether a key pressed there is text being written. */
export const writing = (target) =>
  target instanceof Element && target.closest("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]") !== null;
