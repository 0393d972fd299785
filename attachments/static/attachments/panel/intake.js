// All the ways in: chosen, photographed, dropped anywhere, pasted, or an address.
import { isTile } from "./arrangement.js";
import { action, onActions, part, showText } from "./dom.js";

export function takeIn(panel) {
  const addFiles = (files) => panel.uploads.add([...files].map((file) => ({ file })));
  const address = part(panel.root, "address");
  const error = part(panel.root, "address-error");

  function addAddress(text) {
    const wanted = toAddress(text);
    if (wanted === null) {
      showText(error, "This is no web address. It has to begin with http:// or https://.");
      return false;
    }
    const known = panel.list.ordered.find((tile) => tile.element.dataset.url === wanted);
    const isWaiting = panel.uploads.items.some((item) => item.source.address === wanted);
    showText(error, known === undefined ? "" : `This address is here already, as “${known.title}”.`);
    if (known === undefined && !isWaiting) panel.uploads.add([{ address: wanted }]);
    return true;
  }

  function enterAddress() {
    if (address.value.trim() === "") address.focus();
    else if (addAddress(address.value)) address.value = "";
  }

  for (const name of ["chooser", "camera"]) {
    const input = part(panel.root, name);
    input.addEventListener("change", () => {
      addFiles(input.files);
      input.value = ""; // The same file may be chosen again.
    });
  }
  onActions(panel.root, {
    choose: () => part(panel.root, "chooser").click(),
    camera: () => part(panel.root, "camera").click(),
    address: enterAddress,
  });
  address.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // It would send the page's form.
    enterAddress();
  });
  watchPaste((files) => addFiles([...files].map(named)), addAddress);
  watchDrop(part(panel.root, "veil"), addFiles, addAddress);
  action(panel.root, "camera").hidden = !globalThis.matchMedia("(pointer: coarse)").matches;
}

function toAddress(text) {
  const trimmed = text.trim();
  const candidate = /^[a-z][a-z0-9+.-]*:/i.test(trimmed) ? trimmed : `https://${trimmed}`;
  try {
    const { protocol, hostname } = new URL(candidate);
    return /^https?:$/.test(protocol) && hostname.includes(".") && !/\s/.test(candidate) ? candidate : null;
  } catch {
    return null;
  }
}

// Browsers call every picture of the clipboard image.png: by its time one finds it again.
function named(file, place, files) {
  if (file.name !== "image.png") return file;
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString();
  const number = files.length > 1 ? ` ${place + 1}` : "";
  return new File([file], `pasted ${local.slice(0, 10)} ${local.slice(11, 19).replaceAll(":", ".")}${number}.png`, { type: file.type });
}

function isField(element) {
  return element.closest("input, textarea, select, [contenteditable]") !== null;
}

function watchPaste(addFiles, addAddress) {
  document.addEventListener("paste", (event) => {
    const { files } = event.clipboardData;
    const text = event.clipboardData.getData("text/plain");
    if (files.length > 0 && (text === "" || !isField(event.target))) {
      event.preventDefault();
      addFiles(files);
    } else if (!isField(event.target) && /^https?:\/\/\S+$/i.test(text.trim())) {
      event.preventDefault();
      addAddress(text);
    }
  });
}

function watchDrop(veil, addFiles, addAddress) {
  const carries = (event, type) => event.dataTransfer?.types.includes(type) ?? false;
  const isWanted = (event) =>
    !isTile(event) && (carries(event, "Files") || (carries(event, "text/uri-list") && !isField(event.target)));
  document.addEventListener("dragover", (event) => {
    if (!isWanted(event)) return;
    event.preventDefault();
    veil.hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) veil.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    veil.hidden = true;
    if (!isWanted(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files.length > 0) addFiles(event.dataTransfer.files);
    else addAddress(event.dataTransfer.getData("text/uri-list").split("\n")[0]);
  });
}
