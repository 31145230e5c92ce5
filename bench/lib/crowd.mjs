/**
 * Clients of a process of their own: as many as are wanted, let in a few at a time, as all at once would be more strangers than a server lets
 * in. What they hear goes to the parent when it sends something.
 */
const ABREAST = 50;

/** @param start begins a client, by its number; it calls the function that it is given when it has its first answer */
export function runCrowd(count, start) {
  const heard = { waiter: [], tag: [], at: [], octets: 0, failures: 0 };
  const crowd = { heard, isOver: false };
  let begun = 0;
  let inside = 0;
  const begin = () => {
    if (begun === count) return;
    let isIn = false;
    start(begun++, crowd, () => {
      if (isIn) return;
      isIn = true;
      begin();
      if (++inside === count) process.send("all");
    });
  };
  for (let i = 0; i < ABREAST; i++) begin();
  process.on("message", () => {
    crowd.isOver = true;
    process.send(heard, () => process.exit(0));
  });
}
