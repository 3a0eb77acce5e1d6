// Shows the OpenAPI document named by the page.
"use strict";

const place = document.getElementById("api-docs");

window.ui = SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: false,
  validatorUrl: null, // nothing is asked outside
});
