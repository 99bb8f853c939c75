import type { WordRows } from "./features.ts";
import { minimize } from "./lbfgs.ts";

/** A linear model of several outputs over words. */
export interface LinearModel {
  readonly featureCount: number;
  readonly outputCount: number;
  /** For each output in turn its coefficient a feature, then its intercept; shape [outputs, features + 1]. */
  readonly weights: Float64Array;
}

export interface FitOptions {
  readonly featureCount: number;
  /** Weight of the L2 penalty against the summed loss: half of `penalty` times the squared coefficients. */
  readonly penalty: number;
  readonly iterations: number;
  /** Stop where no component of the gradient of the summed loss is above it. */
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
    ? fit(rows, labels, 1, logisticLoss, options)
    : fit(rows, labels, classCount, softmaxLoss, options);
}

/** Least squares with an L2 penalty: scikit-learn's Ridge with alpha = penalty. */
export function fitRidge(rows: WordRows, scores: readonly number[], options: FitOptions): LinearModel {
  return fit(rows, scores, 1, squaredLoss, options);
}

/** The outputs of every row; shape [rows, outputs]. */
export function linearOutputs(model: LinearModel, rows: WordRows): readonly Float64Array[] {
  return Array.from({ length: rows.starts.length - 1 }, (_, row) => {
    const outputs = new Float64Array(model.outputCount);
    addOutputs(model, rows, row, outputs);
    return outputs;
  });
}

function fit(
  rows: WordRows,
  labels: readonly number[],
  outputCount: number,
  rowLoss: RowLoss,
  options: FitOptions,
): LinearModel {
  const { featureCount, penalty } = options;
  const width = featureCount + 1;
  const outputs = new Float64Array(outputCount);
  const { x: weights } = minimize(
    (weights, gradient) => {
      const model = { featureCount, outputCount, weights };
      gradient.fill(0);
      let value = 0;
      labels.forEach((label, row) => {
        outputs.fill(0);
        addOutputs(model, rows, row, outputs);
        value += rowLoss(outputs, label);
        addGradient(rows, row, outputs, width, gradient);
      });
      for (let output = 0; output < outputCount; output++) {
        for (let index = output * width; index < output * width + featureCount; index++) {
          const weight = weights[index] as number;
          value += 0.5 * penalty * weight * weight;
          gradient[index] = (gradient[index] as number) + penalty * weight;
        }
      }
      return value;
    },
    outputCount * width,
    options,
  );
  return { featureCount, outputCount, weights };
}

function addOutputs(model: LinearModel, rows: WordRows, row: number, outputs: Float64Array): void {
  const { weights, featureCount, outputCount } = model;
  const start = rows.starts[row] as number;
  const end = rows.starts[row + 1] as number;
  for (let output = 0; output < outputCount; output++) {
    const offset = output * (featureCount + 1);
    let sum = weights[offset + featureCount] as number;
    for (let place = start; place < end; place++) {
      sum += weights[offset + (rows.features[place] as number)] as number;
    }
    outputs[output] = sum;
  }
}

function addGradient(
  rows: WordRows,
  row: number,
  outputGradients: Float64Array,
  width: number,
  gradient: Float64Array,
): void {
  const start = rows.starts[row] as number;
  const end = rows.starts[row + 1] as number;
  outputGradients.forEach((slope, output) => {
    const offset = output * width;
    for (let place = start; place < end; place++) {
      const index = offset + (rows.features[place] as number);
      gradient[index] = (gradient[index] as number) + slope;
    }
    const intercept = offset + width - 1;
    gradient[intercept] = (gradient[intercept] as number) + slope;
  });
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
