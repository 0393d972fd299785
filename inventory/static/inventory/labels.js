// Gives the fields that Select2 draws the names of those they stand for, so that a screen reader can tell them.
function nameOf(select) {
  const label = select.labels?.[0]?.textContent.trim().replace(/:$/, "");
  return select.getAttribute("aria-label") ?? label ?? "Choose";
}

function labelAll() {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const drawn = select.nextElementSibling;
    for (const part of drawn?.querySelectorAll("[role=combobox], [role=textbox], input[type=search]") ?? []) {
      part.setAttribute("aria-label", nameOf(select));
    }
  }
}

// After the admin's own scripts, which draw when the page is ready.
addEventListener("DOMContentLoaded", () => setTimeout(labelAll));
document.addEventListener("formset:added", () => setTimeout(labelAll));
document.addEventListener("focusin", ({ target }) => {
  if (target.matches(".select2-search__field:not([aria-label])")) target.setAttribute("aria-label", "Search");
});
