import os
import socket


def post(path, body):
    host, port = os.environ["SERVER"].split("/")
    with socket.create_connection((host, int(port))) as s:
        s.sendall(b"POST %s HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (path, len(body), body))
        while s.recv(4096):
            pass


def report():
    with open("report.txt", "w") as f:
        f.write("clean\n")
    post(b"/report", b"clean\n")
