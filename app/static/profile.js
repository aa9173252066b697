// "About you": a form made from the attributes that the model knows of users.

import { byId, el } from "./dom.js";
import { humanName, shownNumber } from "./format.js";
import { words } from "./words.js";

/**
 * @param {object} options
 * @param {(attributes: object) => void} options.onsave
 */
export function profileForm({ onsave }) {
  const form = byId("profile-form");
  const said = byId("profile-said");
  let fields = []; // {name, feature, read, write, problem}

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    said.replaceChildren();
    const wrong = fields.filter((field) => !field.check());
    if (wrong.length) {
      wrong[0].input.focus();
      return;
    }
    const values = fields.map(({ name, read }) => [name, read()]);
    said.replaceChildren(el("p", { text: words.saving }));
    onsave(Object.fromEntries(values.filter(([, value]) => value !== null)));
  });

  function makeField(name, feature, index) {
    const id = `profile-${index}`;
    const hasValues = feature.values?.length > 0;
    if (feature.kind === "categories" && hasValues) return checkboxes(name, feature);
    const field = { name, feature, check: () => true };
    if (feature.kind === "category" && hasValues) choice(field, id);
    else if (feature.kind === "number") quantity(field, id);
    else text(field, id);
    field.element = el(
      "div",
      { class: "field" },
      el("label", { for: id, text: humanName(name) }),
      field.input,
      field.complaint ?? null,
    );
    return field;
  }

  function choice(field, id) {
    const { values } = field.feature;
    const input = el(
      "select",
      { id },
      el("option", { value: "", text: "–" }),
      ...values.map((value) => el("option", { value, text: value })),
    );
    field.input = input;
    field.read = () => input.value || null;
    field.write = (value) => {
      // A value that another client stored need not be on the list.
      if (value && !values.includes(value)) input.append(el("option", { value, text: value }));
      input.value = value ?? "";
    };
  }

  function quantity(field, id) {
    const bounds = plausible(field.feature);
    const complaint = el("p", { class: "complaint", id: `${id}-wrong`, hidden: true });
    const input = el("input", {
      id, type: "number", step: "any", inputmode: "decimal", "aria-describedby": complaint.id,
      placeholder: bounds ? `${shownNumber(field.feature.minimum)}–${shownNumber(field.feature.maximum)}` : undefined,
      oninput: () => complain(""),
    });
    function complain(problem) {
      complaint.textContent = problem;
      complaint.hidden = !problem;
      if (problem) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
    Object.assign(field, { input, complaint });
    field.read = () => (Number.isFinite(input.valueAsNumber) ? input.valueAsNumber : null);
    field.write = (value) => {
      input.value = value ?? "";
      complain("");
    };
    field.check = () => {
      const value = input.valueAsNumber;
      const isWrong = bounds && Number.isFinite(value) && (value < bounds.low || value > bounds.high);
      if (input.validity.badInput) complain(words.noNumber);
      else complain(isWrong ? words.between(bounds.low, bounds.high) : "");
      return complaint.hidden;
    };
  }

  /** What can be meant at all: training need not have met everybody, but nobody is −5 or 999 years old. */
  function plausible({ minimum, maximum }) {
    if (minimum === undefined || maximum === undefined) return null;
    const span = maximum - minimum;
    return { low: minimum >= 0 ? Math.max(0, minimum - span) : minimum - span, high: maximum + span };
  }

  function text(field, id) {
    const input = el("input", { id, type: "text", autocomplete: "off", maxlength: "1000" });
    const isList = field.feature.kind === "categories";
    field.input = input;
    field.read = () => {
      if (!isList) return input.value.trim() || null;
      const values = input.value.split(",").map((value) => value.trim()).filter(Boolean);
      return values.length ? values : null;
    };
    field.write = (value) => {
      input.value = isList ? (value ?? []).join(", ") : value ?? "";
    };
  }

  function checkboxes(name, { values }) {
    const boxes = values.map((value) => el("input", { type: "checkbox", value }));
    return {
      name,
      check: () => true,
      read: () => {
        const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
        return chosen.length ? chosen : null;
      },
      write: (value) => boxes.forEach((box) => {
        box.checked = (value ?? []).includes(box.value);
      }),
      element: el(
        "fieldset",
        { class: "field wide" },
        el("legend", { text: humanName(name) }),
        ...boxes.map((box) => el("label", {}, box, ` ${box.value}`)),
      ),
    };
  }

  /** A warning of the service, in words for visitors: it names the attribute first. */
  function warningOf(warning) {
    const name = warning.split(":", 1)[0];
    const feature = fields.find((field) => field.name === name)?.feature;
    if (feature?.kind === "number") return words.beyond(humanName(name), feature.minimum, feature.maximum);
    return words.neverMet(humanName(name));
  }

  return {
    use(model) {
      fields = Object.entries(model.user_features).map(([name, feature], index) => makeField(name, feature, index));
      byId("profile-title").textContent = words.about;
      byId("profile-optional").textContent = words.optional;
      byId("profile-note").textContent = words.aboutNote;
      byId("profile-save").textContent = words.save;
      byId("profile-fields").replaceChildren(...fields.map((field) => field.element));
      byId("profile").hidden = fields.length === 0;
    },
    fill(attributes) {
      for (const { name, write } of fields) write(attributes[name]);
    },
    saved(warnings) {
      said.replaceChildren(
        el("p", { text: words.saved }),
        ...warnings.map((warning) => el("p", { class: "warning", text: warningOf(warning) })),
      );
    },
    refused() {
      said.replaceChildren(el("p", { class: "warning", text: words.profileRefused }));
    },
    kept() {
      said.replaceChildren(el("p", { text: words.kept }));
    },
    clear() {
      form.reset();
      said.replaceChildren();
      byId("profile").open = false;
    },
  };
}
