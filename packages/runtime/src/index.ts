export const hello: string = "runtime";
