// Oracle for `hepatica model export`: runs an ONNX file in ONNX Runtime.
//   node onnx_run.cjs MODEL.onnx INPUT.f32 SHAPE FOLDER     SHAPE such as 2,3,224,224
// writes FOLDER/<output>.f32 and prints {"<output>": [shape]}. Needs the npm package onnxruntime-node (beside this file, or
// where NODE_PATH says).
const fs = require('fs');
const path = require('path');
const ort = require('onnxruntime-node');

async function main([model, input, shape, folder]) {
  const bytes = fs.readFileSync(input);
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const session = await ort.InferenceSession.create(model, {intraOpNumThreads: 1, interOpNumThreads: 1});
  const results = await session.run({input: new ort.Tensor('float32', values, shape.split(',').map(Number))});
  const shapes = {};
  for (const [name, tensor] of Object.entries(results)) {
    fs.writeFileSync(path.join(folder, name + '.f32'), Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength));
    shapes[name] = tensor.dims;
  }
  console.log(JSON.stringify(shapes));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
