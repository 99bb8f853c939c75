import { describe, expect, it } from "vitest";
import { readMail } from "./mail.ts";

const lines = (...list: readonly string[]) => list.join("\r\n");

describe("readMail", () => {
  it("reads subject and text, whatever the case of the names and however long the subject", () => {
    const mail = lines("SUBJECT: a long", "\tsubject", "From: x", "", "One.", "", "Two.");
    expect(readMail(mail)).toEqual({ subject: "a long subject", body: "One.\n\nTwo." });
  });

  it("decodes quoted-printable and base64, in the text and in encoded words", () => {
    const quoted = lines(
      "Subject: =?iso-8859-1?Q?Buy_now=21?=",
      "Content-Transfer-Encoding: quoted-printable",
      "",
      "a =3D b=",
      " c",
    );
    expect(readMail(quoted)).toEqual({ subject: "Buy now!", body: "a = b c" });
    const encoded = Buffer.from("hello there").toString("base64");
    const base64 = lines(
      `Subject: =?utf-8?B?${encoded}?=`,
      "Content-Transfer-Encoding: base64",
      "",
      encoded.slice(0, 8),
      encoded.slice(8),
    );
    expect(readMail(base64)).toEqual({ subject: "hello there", body: "hello there" });
  });

  it("takes the plain one of alternatives, also of nested parts", () => {
    const inner = lines("--in", "Content-Type: text/html", "", "<b>html</b>", "--in", "", "plain", "--in--");
    const mail = lines(
      ...['Content-Type: multipart/mixed; boundary="out er"', "", "no part", "--out er"],
      ...["Content-Type: multipart/alternative; boundary=in", "", inner, "--out er--"],
    );
    expect(readMail(mail).body.trim()).toBe("plain");
  });

  it("takes the text that HTML shows where there is nothing else", () => {
    const html = "<title>t</title><style>s</style><p>One &amp; two<br>three<script>x</script>";
    const { body } = readMail(lines("Content-Type: text/html", "", html));
    expect(body.replace(/\s+/g, " ").trim()).toBe("One & two three");
  });

  it("makes the best of mails that are cut off, empty or no mails", () => {
    expect(readMail("")).toEqual({ subject: "", body: "" });
    expect(readMail("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/pl").body).toBe("");
    expect(readMail("Content-Type: image/png\n\nabc").body).toBe("");
    expect(readMail("Content-Type: multipart/mixed\n\nabc").body).toBe("");
  });
});
