import { hello } from "@peftbench/runtime"; import * as ort from "onnxruntime-node"; console.log(hello, Object.keys(ort).length, process.argv);
