/** Chance of one or more wrong claims that tests here allow, where they are not told another. */
export const LEVEL = 0.05;
