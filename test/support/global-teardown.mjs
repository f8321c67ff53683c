export default async function globalTeardown() {
  await globalThis.drawbridgeTestStack?.stop()
}
