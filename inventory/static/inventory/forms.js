// Before a form of the admin is sent: is the login still there? And a form that somebody goes back to is the same form.
const script = document.getElementById("forms-script");
const checked = new WeakSet();
const waiting = new WeakSet();

// Capturing, so that it comes before what the page itself does with its forms.
document.addEventListener("submit", check, { capture: true });

async function check(event) {
  const form = event.target;
  if (form.method !== "post" || form.closest("#content") === null) return;
  if (checked.has(form)) {
    checked.delete(form);
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  if (waiting.has(form)) return;
  waiting.add(form);
  const { submitter } = event;
  const fault = await whatIsWrong();
  waiting.delete(form);
  form.querySelector("[data-note=session]")?.remove();
  if (fault !== null) {
    show(form, fault);
    return;
  }
  // Another one after a login in another tab.
  const token = form.elements.namedItem("csrfmiddlewaretoken");
  if (token !== null) token.value = cookie("csrftoken") ?? token.value;
  checked.add(form);
  form.requestSubmit(submitter);
}

async function whatIsWrong() {
  try {
    const response = await fetch(script.dataset.session, { credentials: "same-origin", cache: "no-store" });
    if (response.ok && (await response.json()).logged_in) return null;
    if (response.ok) return { text: "Your login has ended.", login: true };
  } catch {
    // Said below.
  }
  return { text: "The server does not answer.", login: false };
}

function show(form, { text, login }) {
  const note = document.createElement("p");
  note.className = "errornote";
  note.dataset.note = "session";
  note.setAttribute("role", "alert");
  note.append(`${text} Nothing was sent, and nothing that you typed or chose is lost. `);
  if (login) {
    const link = Object.assign(document.createElement("a"), { href: script.dataset.login, target: "_blank", rel: "noopener" });
    link.textContent = "Log in in another tab";
    note.append(link, ", then save again.");
  } else {
    note.append("Look at the connection, then save again.");
  }
  form.prepend(note);
  note.scrollIntoView({ block: "center" });
}

function cookie(name) {
  return document.cookie
    .split("; ")
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

// The browser loads the page anew when somebody goes back, and fills in what they had typed. Its token is kept with the
// entry of the browser's history, so that the server knows the form again.
const formToken = document.querySelector("input[name=_form_token]");
if (formToken !== null) {
  const [navigation] = performance.getEntriesByType("navigation");
  if (navigation.type === "back_forward" && history.state?.formToken) formToken.value = history.state.formToken;
  else history.replaceState({ ...history.state, formToken: formToken.value }, "");
}
