
const box = document.getElementById("narrow");
const shown = document.getElementById("shown");
const rows = [...document.querySelectorAll("tbody tr")].map((row) => [row, row.textContent.toLowerCase()]);
const sections = [...document.querySelectorAll("section")];

box.addEventListener("input", () => {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const [row, text] of rows) {
    row.hidden = !words.every((word) => text.includes(word));
    count += row.hidden ? 0 : 1;
  }
  for (const section of sections) section.hidden = !section.querySelector("tbody tr:not([hidden])");
  shown.textContent = words.length ? `${count} of ${rows.length}` : "";
});
