// Small forms in a dialog: one for each act that needs words of a person. Escape closes without doing anything.

import { el } from "./dom.js";

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  readonly list?: readonly string[]; // suggestions
  readonly choices?: readonly (readonly [value: string, label: string])[];
  readonly optional?: boolean;
}

export interface Form {
  readonly title: string;
  readonly says?: string;
  readonly fields: readonly Field[];
  readonly submit: string;
  /** True closes the dialog. */
  readonly onSubmit: (values: Readonly<Record<string, string>>) => Promise<boolean> | boolean;
  readonly cannotClose?: boolean;
}

let lists = 0;

export function openForm(form: Form): void {
  const inputs = form.fields.map((field) => [field, inputOf(field)] as const);
  const dialog = el("dialog", { "aria-label": form.title });
  const submit = el("button", { type: "submit", class: "main" }, form.submit);
  const cancel = el("button", { type: "button", click: () => dialog.close() }, "Cancel");
  const body = el(
    "form",
    { method: "dialog" },
    el("h2", {}, form.title),
    ...(form.says === undefined ? [] : [el("p", {}, form.says)]),
    ...inputs.map(([{ label }, { input, extra }]) => el("label", {}, label, input, ...extra)),
    el("div", { class: "buttons" }, ...(form.cannotClose === true ? [] : [cancel]), submit),
  );
  body.addEventListener("submit", (event) => {
    event.preventDefault();
    submit.disabled = true;
    const values = Object.fromEntries(inputs.map(([{ name }, { input }]) => [name, input.value.trim()]));
    Promise.resolve(form.onSubmit(values))
      .then((done) => done && dialog.close())
      .finally(() => {
        submit.disabled = false;
      });
  });
  if (form.cannotClose === true) dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(body);
  document.body.append(dialog);
  dialog.showModal();
}

/** Lines to read, and one button that puts them away. */
export function openStory(title: string, lines: readonly string[]): void {
  const dialog = el("dialog", { "aria-label": title });
  const close = el("button", { type: "button", class: "main", click: () => dialog.close() }, "Close");
  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(el("h2", {}, title), el("pre", {}, lines.join("\n")), el("div", { class: "buttons" }, close));
  document.body.append(dialog);
  dialog.showModal();
}

function inputOf(field: Field) {
  const shared = { name: field.name, required: field.optional !== true };
  if (field.choices !== undefined) {
    const options = field.choices.map(([value, label]) =>
      el("option", { value, selected: value === field.value }, label),
    );
    return { input: el("select", shared, ...options), extra: [] };
  }
  lists += 1;
  const list = `list-${lists}`;
  const isListed = field.list !== undefined;
  const input = el("input", {
    ...{ ...shared, type: "text", value: field.value ?? "", autocomplete: "off", maxlength: "400" },
    ...(isListed ? { list } : {}),
  });
  const options = (field.list ?? []).map((value) => el("option", { value }));
  return { input, extra: isListed ? [el("datalist", { id: list }, ...options)] : [] };
}
