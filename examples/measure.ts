// What clearing a page costs on this machine: deno run --allow-ffi examples/measure.ts
import { meter, METER_METHODS, MeterError } from "@tdx/host/meter";

try {
  const report = await meter({ steps: [4096], pages: ["huge"], seconds: 5 });
  console.log(report.cpu.brand);
  for (const { method, nsPerPage, gibPerSecond } of report.measurements) {
    const { title } = METER_METHODS[method];
    console.log(
      `${title}: ${nsPerPage.median.toFixed(0)} ns a page, ${gibPerSecond.toFixed(1)} GiB/s`,
    );
  }
  for (const { method, reason } of report.notMeasured) console.log(`${method}: ${reason}`);
} catch (error) {
  if (!(error instanceof MeterError)) throw error;
  console.log(`Not measured here. ${error.message}`);
}
