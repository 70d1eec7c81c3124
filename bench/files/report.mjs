/** Figures as rows of a Markdown table. */

export function tableHead() {
  return "| what | ours | LightRAG | ratio | of CPU time | goal | load |\n| --- | --- | --- | --- | --- | --- | --- |";
}

export function figureRow({ what, unit, ours, theirs, ratio, cpuRatio, goal, limit, value, isMet, load }) {
  const cells = [
    what,
    amount(ours, unit),
    theirs === undefined ? "" : amount(theirs, unit),
    times(ratio),
    times(cpuRatio),
    goalText({ goal, limit, value, isMet, unit }),
    load.toFixed(1),
  ];
  return `| ${cells.join(" | ")} |`;
}

function goalText({ goal, limit, value, isMet, unit }) {
  const parts = [];
  if (goal !== undefined) parts.push(`${goal}x`);
  if (limit !== undefined)
    parts.push(
      unit === "kB" || unit === "MiB"
        ? `at most ${limit}x raw: ${digits(value)}x`
        : `at most ${limit} ${unit}`,
    );
  if (parts.length === 0) return "";
  return `${parts.join(", ")}: ${isMet ? "met" : "**missed**"}`;
}

const amount = (value, unit) => `${digits(value)} ${unit}`;

const times = (ratio) => (ratio === undefined ? "" : `${digits(ratio)}x`);

/** Three digits that count. */
function digits(value) {
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return value.toPrecision(3);
}
