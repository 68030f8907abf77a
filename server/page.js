// Conveniences only: every page works without this file.
(function () {
	"use strict";
	var ja = document.documentElement.lang === "ja";
	var words = ja ? { copy: "コピー", done: "コピーしました" } : { copy: "Copy", done: "Copied" };

	// A copy button beside what is meant to be pasted elsewhere.
	if (navigator.clipboard) document.querySelectorAll("[data-copy]").forEach(function (box) {
		var button = document.createElement("button");
		button.type = "button";
		button.className = "copy";
		button.textContent = words.copy;
		button.setAttribute("aria-live", "polite");
		button.addEventListener("click", function () {
			navigator.clipboard.writeText(box.dataset.copy || box.innerText.trim()).then(function () {
				button.textContent = words.done;
				setTimeout(function () { button.textContent = words.copy; }, 2000);
			}, function () {});
		});
		box.insertAdjacentElement("afterend", button);
	});

	// Browsers that cannot show a closed drawer by style alone get it opened where there is room.
	var drawer = document.querySelector("details.drawer");
	if (drawer && !(window.CSS && CSS.supports("selector(::details-content)")) && matchMedia("(min-width: 46.01rem)").matches) drawer.open = true;
})();
