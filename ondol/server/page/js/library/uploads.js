// Files on their way in: dropped or chosen, sent with their progress, then read by a job.
import { sendForm } from "../api.js";
import { fill, h } from "../dom.js";
import { fileButton } from "../files.js";
import { currentCollection, loadCollections, state } from "../state.js";
import { tellError } from "../tell.js";
import { percent, say, size } from "../words.js";

/** `begun(job)` is called when the files have arrived. */
export function dropZone({ begun }) {
  const sending = h("div", { class: "sending", role: "status" });
  const take = (files) => files.length && send([...files], sending, begun);
  const zone = h(
    "section",
    { class: "drop", "aria-label": say("library.add") },
    h(
      "div",
      { class: "drop-text" },
      h("p", {}, h("strong", {}, say("library.drop"))),
      h("p", { class: "quiet small" }, say("library.kinds")),
    ),
    fileButton(say("library.choose"), take, { multiple: true, primary: true }),
    sending,
  );
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", (event) => !zone.contains(event.relatedTarget) && zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take(event.dataTransfer.files);
  });
  return zone;
}

async function send(files, place, begun) {
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const limit = state.settings?.limits?.upload_bytes;
  if (limit && total > limit) {
    return void tellError({ message: say("library.large", { size: size(total), limit: size(limit) }), hint: "" });
  }
  const form = new FormData();
  form.append("collection", currentCollection());
  for (const file of files) form.append("files", file, file.name);
  const text = h("p", { class: "small" }, say("library.sending", { count: files.length }));
  const bar = h("progress", { class: "bar", max: 1, value: 0, "aria-label": text.textContent });
  fill(place, text, bar);
  try {
    const told = await sendForm("/api/uploads", form, (share) => {
      bar.value = share;
      text.textContent = `${say("library.sending", { count: files.length })} · ${percent(share)}`;
    });
    fill(place, refused(told.files));
    begun(told.job);
    await loadCollections(); // the first file makes the collection
  } catch (error) {
    fill(place);
    tellError(error);
  }
}

function refused(files = []) {
  const rows = files.filter((row) => row.status === "refused");
  if (!rows.length) return null;
  return h(
    "ul",
    { class: "failures small" },
    rows.map((row) => h("li", {}, h("strong", {}, row.given), " ", h("span", { class: "quiet" }, row.reason))),
  );
}
