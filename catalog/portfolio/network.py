"""Flow of whole units from offers to demands: what can be served, and what stands in the way. Pure.

Paths are sought backwards from a demand that is short, in a fixed order, and
what a demand once has it keeps: demands filled one after the other, the first
ones first, each have as much as the earlier leave possible (served quantities
form a polymatroid). After a failure only the lost part is sought again.
"""

from collections.abc import Iterable, Sequence


class Network:
    """Offers are nodes 0 to n-1, demands n to n+m-1; nodes for quotas and shares may stand between."""

    __slots__ = ("_between", "_cap", "_from", "_to", "demands", "links", "offers", "room", "short")

    def __init__(self, room: Sequence[int], need: Sequence[int]) -> None:
        self.offers, self.demands = len(room), len(need)
        self.room = list(room)
        """What each offer still has to give."""
        self.short = list(need)
        """What each demand still lacks."""
        self.links: dict[tuple[int, int], int] = {}
        """(offer, demand) -> the edge that carries this and nothing else."""
        self._between: list[list[int]] = [[] for _ in range(self.offers + self.demands)]
        self._from: list[int] = []
        self._to: list[int] = []
        self._cap: list[int] = []

    def node(self) -> int:
        self._between.append([])
        return len(self._between) - 1

    def edge(self, tail: int, head: int, cap: int) -> int:
        """Edges come in pairs: e carries, e ^ 1 gives back."""
        number = len(self._cap)
        self._from += (tail, head)
        self._to += (head, tail)
        self._cap += (cap, 0)
        self._between[tail].append(number)
        self._between[head].append(number + 1)
        return number

    def link(self, offer: int, demand: int, cap: int, tail: int | None = None, head: int | None = None) -> None:
        first = offer if tail is None else tail
        last = self.offers + demand if head is None else head
        self.links[offer, demand] = self.edge(first, last, cap)

    def flow(self, offer: int, demand: int) -> int:
        return self._cap[self.links[offer, demand] ^ 1]

    def copy(self) -> "Network":
        """The same graph, which is shared, with a flow of its own."""
        twin = object.__new__(Network)
        twin.offers, twin.demands = self.offers, self.demands
        twin.links, twin._between, twin._from, twin._to = self.links, self._between, self._from, self._to
        twin.room, twin.short, twin._cap = self.room.copy(), self.short.copy(), self._cap.copy()
        return twin

    def push(self, offer: int, demand: int, amount: int) -> int:
        """Put what fits, at most `amount`, on the straight way from an offer to a demand."""
        ways = self._straight(offer, demand)
        amount = max(0, min([amount, self.room[offer], self.short[demand], *(self._cap[edge] for edge in ways)]))
        for edge in ways:
            self._cap[edge] -= amount
            self._cap[edge ^ 1] += amount
        self.room[offer] -= amount
        self.short[demand] -= amount
        return amount

    def fail(self, offer: int) -> None:
        """Take an offer out; what it gave is lacking now. Not for graphs with nodes that several offers share."""
        self.room[offer] = 0
        waiting = [offer]
        while waiting:
            node = waiting.pop()
            for edge in self._between[node]:
                if edge & 1:
                    continue
                head, given = self._to[edge], self._cap[edge ^ 1]
                self._cap[edge] = self._cap[edge ^ 1] = 0
                if head < self.offers + self.demands:
                    self.short[head - self.offers] += given
                else:
                    waiting.append(head)

    def fill(self, order: Iterable[int] | None = None) -> int:
        """Serve what can be served, demand after demand; gives what is still lacking in all."""
        for demand in range(self.demands) if order is None else order:
            while self.short[demand] > 0 and self._augment(demand):
                pass
        return sum(self.short)

    def stuck(self) -> list[int]:
        """The demands on the short side of the least cut: what they lack, no other way can bring."""
        seen = bytearray(len(self._between))
        waiting = [self.offers + demand for demand, lacking in enumerate(self.short) if lacking > 0]
        for node in waiting:
            seen[node] = 1
        while waiting:
            node = waiting.pop()
            for edge in self._between[node]:
                tail = self._to[edge]
                if not seen[tail] and self._cap[edge ^ 1] > 0:
                    seen[tail] = 1
                    waiting.append(tail)
        return [demand for demand in range(self.demands) if seen[self.offers + demand]]

    def _augment(self, demand: int) -> bool:
        start = self.offers + demand
        came = {start: -1}
        waiting = [start]
        for node in waiting:
            for edge in self._between[node]:
                back = edge ^ 1
                tail = self._to[edge]
                if self._cap[back] <= 0 or tail in came:
                    continue
                came[tail] = back
                if tail < self.offers and self.room[tail] > 0:
                    self._carry(tail, demand, came)
                    return True
                waiting.append(tail)
        return False

    def _carry(self, offer: int, demand: int, came: dict[int, int]) -> None:
        ways, node = [], offer
        while came[node] >= 0:
            ways.append(came[node])
            node = self._to[came[node]]
        amount = min(self.room[offer], self.short[demand], *(self._cap[edge] for edge in ways))
        for edge in ways:
            self._cap[edge] -= amount
            self._cap[edge ^ 1] += amount
        self.room[offer] -= amount
        self.short[demand] -= amount

    def _straight(self, offer: int, demand: int) -> list[int]:
        edge = self.links[offer, demand]
        ways = [edge]
        if self._from[edge] != offer:
            ways.append(next(one ^ 1 for one in self._between[self._from[edge]] if one & 1))
        if self._to[edge] != self.offers + demand:
            ways.append(next(one for one in self._between[self._to[edge]] if not one & 1))
        return ways
