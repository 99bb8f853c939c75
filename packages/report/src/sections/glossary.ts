import { memoryRoles } from "@peftbench/harness";
import { roleTitles } from "../charts/theme.ts";
import type { Html } from "../html/html.ts";
import { html } from "../html/html.ts";

const terms: readonly (readonly [term: string, meaning: string])[] = [
  [
    "trained without head",
    "Parameters the method trains, the task head left out: what an adapter adds, or for full fine-tuning the encoder. Where a method freezes or prunes in mid-run, the first and the last count are given.",
  ],
  [
    "trained with head",
    "The same and the task head, which every method trains: what the optimizer really updates.",
  ],
  [
    "share of all",
    "Trained with head, divided by all parameters held while training: base model, adapter and head.",
  ],
  ["live peak", "The largest number of bytes in use at any one moment of a training step."],
  [
    "reserved peak",
    "What has to be taken from the device for that: more than the live peak, for alignment and for gaps between tensors.",
  ],
  [
    "save policy",
    "Which activations are kept for the backward pass: “eager” keeps what an eager framework keeps, “recompute” computes again what is cheap, “layer” keeps one tensor a layer.",
  ],
  ["mean ± sd, n", "Mean and sample standard deviation over n seeds."],
  [
    "95% interval",
    "Student's t interval of the mean: computed over and over from fresh seeds, 95 of 100 such intervals would cover the mean of infinitely many seeds, if scores are about normal.",
  ],
  [
    "no difference shown",
    "The test does not tell the difference from zero. The methods may differ by as much as the interval reaches.",
  ],
  [
    "equivalent within 1 point",
    "Two one-sided tests show that the difference is smaller than one point either way: more than that none is shown.",
  ],
  [
    "majority class, mean score",
    "Always answering the training data's most frequent class, or its mean score.",
  ],
  [
    "bag of words",
    "Logistic (or ridge) regression on which words occur, trained on the same examples, without the model: what knowing the words alone gives.",
  ],
  [
    "real text, not GLUE",
    "Real text that comes with the installation, made a task by peftbench: scores cannot be held against published ones.",
  ],
  [
    "synthetic",
    "Text that a program wrote, with answers that follow from it by stated rules. What a method does there says little of real text.",
  ],
];

const roleMeanings: Readonly<Record<(typeof memoryRoles)[number], string>> = {
  baseWeight: "the pretrained model's weights",
  adapterWeight: "what the method adds",
  head: "the classifier on top, new for each task",
  gradient: "derivatives of the loss by what is trained",
  optimizerState: "running moments, for AdamW two numbers for each trained parameter",
  keyValueCache: "keys and values of tokens that a decoder has read",
  savedActivation: "values of the forward pass that the backward pass needs",
  workspace: "values needed only within the step, such as those that flow backward",
  staging: "batches on their way to the device and results on their way back",
};

export function glossarySection(): Html {
  return html`<section aria-labelledby="glossary">
<h2 id="glossary">Terms</h2>
<dl class="glossary">
${terms.map(([term, meaning]) => html`<div><dt>${term}</dt><dd>${meaning}</dd></div>\n`)}<div><dt>roles of memory</dt><dd>${memoryRoles.map((role, index) => html`${index === 0 ? "" : "; "}<em>${roleTitles[role]}</em>: ${roleMeanings[role]}`)}.</dd></div>
</dl>
</section>
`;
}
