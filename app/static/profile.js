// "About you": a form made from the attributes that the model knows of users.

import { byId, el } from "./dom.js";
import { humanName, shownNumber } from "./words.js";

/**
 * @param {object} options
 * @param {(attributes: object) => void} options.onsave
 */
export function profileForm({ onsave }) {
  const form = byId("profile-form");
  const said = byId("profile-said");
  let fields = []; // {name, read, write}

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const values = fields.map(({ name, read }) => [name, read()]);
    said.replaceChildren(el("p", { text: "Saving…" }));
    onsave(Object.fromEntries(values.filter(([, value]) => value !== null)));
  });

  function makeField(name, feature, index) {
    const id = `profile-${index}`;
    const label = humanName(name);
    if (feature.kind === "categories" && feature.values) return checkboxes(name, label, feature.values);
    let input;
    let read = () => input.value.trim() || null;
    let write = (value) => {
      input.value = value ?? "";
    };
    if (feature.kind === "category" && feature.values) {
      input = el(
        "select",
        { id },
        el("option", { value: "", text: "–" }),
        ...feature.values.map((value) => el("option", { value, text: value })),
      );
      write = (value) => {
        // A value that another client stored need not be on the list.
        if (value && !feature.values.includes(value)) input.append(el("option", { value, text: value }));
        input.value = value ?? "";
      };
    } else if (feature.kind === "number") {
      const { minimum, maximum } = feature;
      const range = minimum !== undefined && maximum !== undefined;
      input = el("input", {
        id, type: "number", step: "any", inputmode: "decimal", min: minimum, max: maximum,
        placeholder: range ? `${shownNumber(minimum)}–${shownNumber(maximum)}` : undefined,
      });
      read = () => (Number.isFinite(input.valueAsNumber) ? input.valueAsNumber : null);
    } else {
      input = el("input", { id, type: "text", autocomplete: "off", maxlength: "1000" });
      if (feature.kind === "categories") {
        read = () => {
          const words = input.value.split(",").map((word) => word.trim()).filter(Boolean);
          return words.length ? words : null;
        };
        write = (value) => {
          input.value = (value ?? []).join(", ");
        };
      }
    }
    return { name, read, write, element: el("div", { class: "field" }, el("label", { for: id, text: label }), input) };
  }

  function checkboxes(name, label, values) {
    const boxes = values.map((value) => el("input", { type: "checkbox", value }));
    return {
      name,
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
        el("legend", { text: label }),
        ...boxes.map((box) => el("label", {}, box, ` ${box.value}`)),
      ),
    };
  }

  return {
    use(model) {
      fields = Object.entries(model.user_features).map(([name, feature], index) => makeField(name, feature, index));
      byId("profile-fields").replaceChildren(...fields.map((field) => field.element));
      byId("profile").hidden = fields.length === 0;
    },
    fill(attributes) {
      for (const { name, write } of fields) write(attributes[name]);
    },
    saved(warnings) {
      said.replaceChildren(
        el("p", { text: "Saved." }),
        ...warnings.map((warning) => el("p", { class: "warning", text: warning })),
      );
    },
    refused(detail) {
      said.replaceChildren(el("p", { class: "warning", text: detail }));
    },
    kept() {
      said.replaceChildren(el("p", { text: "Kept here; it is sent as soon as the service is back." }));
    },
    clear() {
      form.reset();
      said.replaceChildren();
      byId("profile").open = false;
    },
  };
}
