// Whether the store answers: asked once the page is there, because a store that hangs must not hold the page up.
const place = document.querySelector("[data-health]");
if (place !== null) {
  const answers = await fetch(place.dataset.health).then(
    (response) => response.ok,
    () => false,
  );
  const state = document.createElement("span");
  state.textContent = answers ? place.dataset.ok : place.dataset.bad;
  state.classList.toggle("start-bad", !answers);
  const damaged = place.querySelector(".start-bad");
  if (damaged === null) place.replaceChildren(state);
  else if (!answers) place.append(", ", state);
}
