/**
 * Elements with text in them. There is no way here to give markup: names, items and whatever a model
 * wrote reach the page through `textContent` and attributes alone.
 *
 *   make("button", {class: "quiet", "aria-pressed": true, on: {click}}, "Reset")
 */
const SVG = "http://www.w3.org/2000/svg";

/** A new element; `on` holds listeners, `value` and `checked` are properties. */
function make(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

/** A new SVG element. */
function makeSvg(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS(SVG, tag), attributes, children);
}

/** Put other children into an element. */
function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** The element of a panel. */
function slot(id) {
  return document.getElementById(id);
}

/** Say something to those who listen to the page. */
function announce(text) {
  fill(slot("spoken"), text);
}

function furnish(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "value" || name === "checked" || name === "disabled" || name === "selected") {
      element[name] = value;
    } else if (name === "style") {
      for (const [property, setting] of Object.entries(value)) element.style.setProperty(property, setting);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "true" : String(value));
    }
  }
  return fill(element, ...children);
}
