import type { WordRows } from "./features.ts";
import { minimize } from "./lbfgs.ts";

/** A linear model of several outputs over words. */
export interface LinearModel {
  readonly featureCount: number;
  readonly outputCount: number;
  /** A coefficient an output for each feature in turn, then the intercepts; shape [features + 1, outputs]. */
  readonly weights: Float64Array;
}

export interface FitOptions {
  readonly featureCount: number;
  /** Weight of the L2 penalty against the summed loss: half of `penalty` times the squared coefficients. */
  readonly penalty: number;
  readonly iterations: number;
  /** Stop where no component of the gradient of the mean loss is above it. */
  readonly tolerance: number;
}

/**
 * Writes the gradient of a row's loss by its outputs over `outputs` and returns the loss.
 * @param outputs shape [outputs]
 */
type RowLoss = (outputs: Float64Array, label: number) => number;

/**
 * Logistic regression: one output for two classes, as many as classes for more (softmax). The objective is
 * scikit-learn's with C = 1 / penalty: intercepts are not penalized.
 */
export function fitLogistic(
  rows: WordRows,
  labels: readonly number[],
  classCount: number,
  options: FitOptions,
): LinearModel {
  return classCount === 2
    ? fitLinear(rows, labels, 1, logisticLoss, options)
    : fitLinear(rows, labels, classCount, softmaxLoss, options);
}

/** Least squares with an L2 penalty: scikit-learn's Ridge with alpha = penalty. */
export function fitRidge(rows: WordRows, scores: readonly number[], options: FitOptions): LinearModel {
  return fitLinear(rows, scores, 1, squaredLoss, options);
}

/** The outputs of every row; shape [rows, outputs]. */
export function linearOutputs(model: LinearModel, rows: WordRows): readonly Float64Array[] {
  return Array.from({ length: rows.starts.length - 1 }, (_, row) => {
    const outputs = new Float64Array(model.outputCount);
    writeOutputs(model, rows, row, outputs);
    return outputs;
  });
}

function fitLinear(
  rows: WordRows,
  labels: readonly number[],
  outputCount: number,
  rowLoss: RowLoss,
  options: FitOptions,
): LinearModel {
  const { featureCount, penalty, iterations } = options;
  const penalized = featureCount * outputCount;
  const outputs = new Float64Array(outputCount);
  const { x: weights } = minimize(
    (weights, gradient) => {
      const model = { featureCount, outputCount, weights };
      gradient.fill(0);
      let value = 0;
      labels.forEach((label, row) => {
        writeOutputs(model, rows, row, outputs);
        value += rowLoss(outputs, label);
        addGradient(rows, row, outputs, gradient);
      });
      for (let index = 0; index < penalized; index++) {
        const weight = weights[index] as number;
        value += 0.5 * penalty * weight * weight;
        gradient[index] = (gradient[index] as number) + penalty * weight;
      }
      return value;
    },
    penalized + outputCount,
    { iterations, tolerance: options.tolerance * labels.length },
  );
  return { featureCount, outputCount, weights };
}

/** Writes a row's outputs. */
function writeOutputs(model: LinearModel, rows: WordRows, row: number, outputs: Float64Array): void {
  const { weights, featureCount, outputCount } = model;
  const end = rows.starts[row + 1] as number;
  const intercepts = featureCount * outputCount;
  for (let output = 0; output < outputCount; output++)
    outputs[output] = weights[intercepts + output] as number;
  for (let place = rows.starts[row] as number; place < end; place++) {
    const offset = (rows.features[place] as number) * outputCount;
    for (let output = 0; output < outputCount; output++) {
      outputs[output] = (outputs[output] as number) + (weights[offset + output] as number);
    }
  }
}

/** Adds what a row's loss gives to the gradient. */
function addGradient(rows: WordRows, row: number, slopes: Float64Array, gradient: Float64Array): void {
  const outputCount = slopes.length;
  const end = rows.starts[row + 1] as number;
  const addTo = (offset: number): void => {
    for (let output = 0; output < outputCount; output++) {
      gradient[offset + output] = (gradient[offset + output] as number) + (slopes[output] as number);
    }
  };
  for (let place = rows.starts[row] as number; place < end; place++) {
    addTo((rows.features[place] as number) * outputCount);
  }
  addTo(gradient.length - outputCount);
}

const logisticLoss: RowLoss = (outputs, label) => {
  const logit = outputs[0] as number;
  const signed = label === 1 ? logit : -logit;
  const wrongProbability = 1 / (1 + Math.exp(signed));
  outputs[0] = label === 1 ? -wrongProbability : wrongProbability;
  return Math.max(0, -signed) + Math.log1p(Math.exp(-Math.abs(signed)));
};

const softmaxLoss: RowLoss = (outputs, label) => {
  const highest = outputs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const own = outputs[label] as number;
  let sum = 0;
  outputs.forEach((logit, output) => {
    outputs[output] = Math.exp(logit - highest);
    sum += outputs[output] as number;
  });
  outputs.forEach((exponential, output) => {
    outputs[output] = exponential / sum - (output === label ? 1 : 0);
  });
  return Math.log(sum) + highest - own;
};

const squaredLoss: RowLoss = (outputs, label) => {
  const error = (outputs[0] as number) - label;
  outputs[0] = error;
  return 0.5 * error * error;
};
