/** Comparisons with PyTorch as functions, for programs; `conformance` declares them as tests. */
export {
  CLASSIFIER_PARAMETERS,
  type EncoderSizes,
  encoderShape,
  randomWeights,
} from "../conformance/models.ts";
export { largestDifference, relativeDifference } from "./differences.ts";
export {
  type EncoderFixture,
  type EncoderRunOptions,
  encoderFixtures,
  expectedOfEncoder,
  runEncoder,
} from "./encoders.ts";
export { jobModel, type ReadTensor, type Replay, type ReplayOptions, replayJob } from "./replay.ts";
export { compareTraining, type TrainingDifferences } from "./training.ts";
export { readJsonLines, readTensors, readTrainingJob, type TrainingJob } from "./trainingJob.ts";
export { graphInForm, type WeightForm, weightsInForm } from "./weightForm.ts";
