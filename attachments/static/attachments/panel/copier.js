// Copy an attachment to another part or kit, found while typing.
import { call } from "./api.js";
import { fromTemplate, onActions, part } from "./dom.js";

const PAUSE_MS = 200;

export class Copier {
  constructor(panel) {
    this.panel = panel;
    this.dialog = part(panel.root, "copier");
    this.input = part(this.dialog, "copier-search");
    this.results = part(this.dialog, "copier-results");
    this.status = part(this.dialog, "copier-status");
    this.asked = 0;
    onActions(this.dialog, {
      close: () => this.dialog.close(),
      "choose-owner": (_, button) => this.copyTo(button),
    });
    this.input.addEventListener("input", () => {
      clearTimeout(this.pause);
      this.pause = setTimeout(() => this.search(), PAUSE_MS);
    });
    this.dialog.addEventListener("keydown", (event) => this.key(event));
  }

  open(tile) {
    this.tile = tile;
    part(this.dialog, "copier-what").textContent = `“${tile.title}”`;
    this.input.value = "";
    this.results.replaceChildren();
    this.status.textContent = "";
    this.dialog.showModal();
    this.input.focus();
    this.search();
  }

  async search() {
    this.asked += 1;
    const turn = this.asked;
    const query = new URLSearchParams({ q: this.input.value, except: this.panel.setId });
    try {
      const owners = await call("GET", `${this.panel.root.dataset.owners}?${query}`);
      if (turn !== this.asked) return; // A later question was asked meanwhile.
      this.fill(owners);
      this.status.textContent = owners.length === 0 ? "Nothing found." : "";
    } catch (failure) {
      this.status.textContent = failure.message;
    }
  }

  // Whoever has gone down the list already stays where they are.
  fill(owners) {
    const focused = this.results.contains(document.activeElement) ? document.activeElement.dataset.set : null;
    this.results.replaceChildren(...owners.map((owner) => this.row(owner)));
    if (focused !== null) (this.results.querySelector(`[data-set="${focused}"]`) ?? this.input).focus();
  }

  row(owner) {
    const row = fromTemplate(this.panel.root, "owner");
    row.firstElementChild.dataset.set = owner.attachment_set_id;
    part(row, "name").textContent = owner.name;
    part(row, "kind").textContent = owner.kind;
    part(row, "picture").hidden = owner.cover_url === null;
    part(row, "no-picture").hidden = owner.cover_url !== null;
    if (owner.cover_url !== null) part(row, "picture").src = owner.cover_url;
    return row;
  }

  key(event) {
    if (event.key === "Enter" && event.target === this.input) {
      event.preventDefault(); // It would send the page's form.
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const stops = [this.input, ...this.results.querySelectorAll("button")];
    const place = stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    stops[Math.min(Math.max(place, 0), stops.length - 1)].focus();
  }

  async copyTo(button) {
    const path = this.panel.root.dataset.sets.replace(/0$/, button.dataset.set);
    const name = part(button, "name").textContent;
    try {
      await call("POST", `${path}/copies`, { attachment_id: this.tile.id, on_duplicate: "refuse" });
    } catch (failure) {
      this.status.textContent = `${name}: ${failure.message}`;
      return;
    }
    this.dialog.close();
    this.panel.say(`Copied to ${name}.`);
    await this.panel.reload();
  }
}
