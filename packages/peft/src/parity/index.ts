/** Comparisons with PyTorch as functions, for programs; `conformance` declares them as tests. */
export { largestDifference } from "../conformance/check.ts";
export {
  CLASSIFIER_PARAMETERS,
  type EncoderSizes,
  encoderShape,
  randomWeights,
} from "../conformance/models.ts";
export { type Replay, type ReplayOptions, replayJob } from "../conformance/replay.ts";
export { readTrainingJob, type TrainingJob } from "../conformance/trainingJob.ts";
export {
  BERT_TOLERANCE,
  type BertFixture,
  type BertRunOptions,
  bertFixtures,
  expectedBert,
  runBert,
} from "./bert.ts";
export { compareTraining, relativeDifference, type TrainingDifferences } from "./training.ts";
export { graphInForm, type WeightForm, weightsInForm } from "./weightForm.ts";
