const portal = document.getElementById("service");

// Your own server says who is signed in; see "Signed in there, signed in here" in docs/embedding.md.
portal.getToken = async () => {
  const answer = await fetch("/portal-token", { method: "POST" });
  return answer.ok ? (await answer.json()).token : null;
};

document.addEventListener("portico:submit:succeeded", ({ detail }) => {
  document.getElementById("word").textContent = `Received: ${detail.reference}`;
});
