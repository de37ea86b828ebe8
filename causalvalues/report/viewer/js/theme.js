/** Light, dark, or as the system has it; and the row of tools above the drawing. */
const THEMES = [
  ["auto", "As the system", "M8 1.5a6.5 6.5 0 1 0 0 13zM8 1.5a6.5 6.5 0 0 1 0 13"],
  ["light", "Light", "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v2M8 13v2M1 8h2M13 8h2"
    + "M3 3l1.5 1.5M11.5 11.5L13 13M3 13l1.5-1.5M11.5 4.5L13 3"],
  ["dark", "Dark", "M13.5 9.8A6 6 0 0 1 6.2 2.5 6 6 0 1 0 13.5 9.8z"],
];

/** A few choices side by side, one of them pressed; returns the element and how to press another. */
function switchOf(name, choices, choose) {
  const buttons = choices.map(([key, label, picture]) =>
    make("button", {
      type: "button", title: picture ? label : null, "aria-label": picture ? label : null,
      on: { click: () => choose(key) },
    },
      picture ? iconOf(picture) : label));
  const press = (chosen) => choices.forEach(([key], at) => {
    buttons[at].setAttribute("aria-pressed", String(key === chosen));
  });
  return { element: make("div", { class: "switch", role: "group", "aria-label": name }, ...buttons), press };
}

/** A small picture from lines. */
function iconOf(path) {
  return makeSvg("svg", {
    width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true", fill: "none", stroke: "currentColor",
    "stroke-width": 1.5, "stroke-linecap": "round", "stroke-linejoin": "round",
  },
    makeSvg("path", { d: path }));
}

/** A labelled choice from a list, for the row of tools. */
function pickerOf(id, label, choose) {
  const select = make("select", { id, on: { change: () => choose(select.value) } });
  const name = make("label", { class: "label", for: id }, label);
  return { element: make("div", { class: "field" }, name, select), select };
}

function startTheme() {
  const { element, press } = switchOf("Theme", THEMES, (theme) => change({ theme }));
  element.classList.add("themes");
  slot("toolbar").append(element);
  watch(["theme"], (now) => {
    document.documentElement.dataset.theme = now.theme;
    forgetColours();
    press(now.theme);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    const { theme } = state;
    if (theme === "auto") for (const each of ["light", theme]) change({ theme: each }); // drawn anew
  });
}
