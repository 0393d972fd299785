// The attachments of one owner. Without this script, or until it has loaded, the plain form does the same.
import { Panel } from "./panel/panel.js";

const root = document.querySelector("[data-attachments]");
if (root !== null) {
  new Panel(root).start();
}
