#!/usr/bin/env python3
"""A robot base in Python: python3 example-base.py PORT [X_M Y_M HEADING_RAD]

Written only from the on-board contract (proto/drover/v1/onboard.proto, topics with /json), without any package.
PORT is that of the robot's own MQTT broker. To drive real motors, replace the lines marked "motors".
"""
import json, math, random, socket, struct, sys, time, uuid

DEADMAN_MS, ACCEL_MPS2, BOOT = 300, 1.0, "python-" + uuid.uuid4().hex
now_ms = lambda: int(time.monotonic() * 1000)  # CLOCK_MONOTONIC, the clock of captures and commands

# MQTT 3.1.1, as much as a base needs: connect, subscribe, publish at QoS 0.
field = lambda text: struct.pack(">H", len(text.encode())) + text.encode()

def packet(kind, body):
    size, left = b"", len(body)
    while not size or left:
        size, left = size + bytes([left % 128 | (128 if left > 127 else 0)]), left >> 7
    return bytes([kind]) + size + body

def packets(buffer):  # takes whole packets off the front of a bytearray
    while len(buffer) > 1:
        ends = next((i for i in range(1, min(5, len(buffer))) if buffer[i] < 128), None)
        if ends is None: return
        total = ends + 1 + sum((buffer[i] & 127) << 7 * (i - 1) for i in range(1, ends + 1))
        if len(buffer) < total: return
        kind, body = buffer[0], bytes(buffer[ends + 1:total])
        del buffer[:total]
        yield kind, body

class Base:
    def __init__(self, x=0.0, y=0.0, heading=0.0):
        self.x, self.y, self.heading, self.speed, self.turn, self.travelled = x, y, heading, 0.0, 0.0, 0.0
        self.wanted, self.until, self.last, self.sequence, self.moved = (0.0, 0.0), 0, 0, 0, time.monotonic()

    def obey(self, c):
        sequence, valid, sent = int(c["sequence"]), int(c["validForMs"]), int(c["sentMonotonicMs"])
        stands = now_ms() >= self.until and self.speed == 0
        wanted = (float(c["speedMps"]), float(c["turnRadps"]))
        if (sequence <= self.last and not stands) or now_ms() - sent > valid or not all(map(math.isfinite, wanted)):
            return
        self.wanted, self.last, self.until = wanted, sequence, now_ms() + min(valid, DEADMAN_MS)

    def move(self):  # to be called all the time: the watchdog lives here
        dt, self.moved = time.monotonic() - self.moved, time.monotonic()
        speed, self.turn = self.wanted if now_ms() < self.until else (0.0, 0.0)
        self.speed += max(-ACCEL_MPS2 * dt, min(ACCEL_MPS2 * dt, speed - self.speed))  # motors
        self.heading += self.turn * dt  # motors
        self.x += self.speed * math.cos(self.heading) * dt  # motors
        self.y += self.speed * math.sin(self.heading) * dt  # motors
        self.travelled += abs(self.speed) * dt

    def samples(self, beat):  # called 20 times a second; no ray of this empty world returns
        noise = lambda: random.gauss(0, 0.005)
        yield "pose", {"xM": self.x + noise(), "yM": self.y + noise(), "headingRad": self.heading, "errorM": 0.05}
        yield "odometry", {"speedMps": self.speed, "turnRadps": self.turn, "travelledM": self.travelled}
        if beat % 2 == 0:
            ranges = [8 + abs(noise()) for _ in range(120)]
            yield "scan", {"angleMinRad": -math.pi, "angleStepRad": math.pi / 60, "rangeMaxM": 8, "rangeM": ranges}
            yield "base", {"emergencyStop": False, "bumper": False, "manual": False, "commandSequence": self.last}
        if beat % 20 == 0:
            yield "battery", {"chargeRatio": 0.8, "charging": False}

def drive(base, port):
    link, buffer, beat = socket.create_connection(("127.0.0.1", port), 5), bytearray(), 0
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.sendall(packet(0x10, field("MQTT") + bytes([4, 2, 0, 60]) + field("base")))
    link.sendall(packet(0x82, b"\x00\x01" + field("drover/base/out/command/json") + b"\x00"))
    link.settimeout(0.005)
    due = time.monotonic()
    while True:
        try:
            chunk = link.recv(65536)
            if not chunk: raise OSError("the broker is gone")
            buffer += chunk
        except socket.timeout: pass
        base.move()
        for kind, body in packets(buffer):
            try:
                if kind >> 4 == 3: base.obey(json.loads(body[2 + struct.unpack(">H", body[:2])[0]:]))
            except (ValueError, KeyError, TypeError) as wrong: print("not a command:", wrong, file=sys.stderr)
        if base.moved < due: continue
        captured = int(base.moved * 1000)  # when the values were true, not when they are sent
        for channel, value in base.samples(beat):
            base.sequence += 1
            value["capture"] = {"baseBoot": BOOT, "sequence": base.sequence, "monotonicMs": captured}
            link.sendall(packet(0x30, field("drover/base/in/" + channel + "/json") + json.dumps(value).encode()))
        beat, due = beat + 1, max(due + 0.05, base.moved)

if __name__ == "__main__":
    base = Base(*map(float, sys.argv[2:5]))
    while True:
        try: drive(base, int(sys.argv[1]))
        except OSError as gone: print("no broker:", gone, "- calling again", file=sys.stderr)
        for _ in range(50):  # nobody commands it: the watchdog stops it
            base.move()
            time.sleep(0.01)
