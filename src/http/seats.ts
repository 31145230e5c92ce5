/**
 * Connections whose request waits for news are many and silent for long: they have a place of their own, where they are not closed for
 * being silent nor for others to come in.
 */
export interface Seat {
  /** False where no place is left. May be called again for another request on the connection. */
  take(): boolean;
  /** The request has its answer. */
  leave(): void;
}

const seats = new WeakMap<object, Seat>();

/** To be called by whoever has the connections, for each request. */
export function giveSeat(request: object, seat: Seat): void {
  seats.set(request, seat);
}

export function seatOf(request: object): Seat | undefined {
  return seats.get(request);
}
