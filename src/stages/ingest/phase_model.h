// From the HU of organs to the probability of each contrast phase.
#pragma once

#include <array>
#include <optional>

namespace hepatica {

/// What was measured in a scan; absent where it was not found.
struct OrganHu {
  std::optional<double> aorta, liver;
  std::optional<double> renal_pelvis;  ///< the brightest 0.4 ml; not for windowed pictures, which end below it
};

/// Probabilities of noncontrast, arterial, portal_venous, delayed, in the order of `contrast_phases()`; all 1/4 where
/// nothing was measured.
///
/// Aorta: two logistic steps, enhanced or not, then arterial or venous, fitted to the aortic medians of 1018 scans of
/// known phase (389 unenhanced, 235 arterial, 394 portal venous; tools/fit_phase_model). Their 10-fold cross-validated
/// accuracy is 96.5 % from the aorta alone, 97.5 % with the portal vein, which is not measured here.
/// Liver: normal distributions around 52, 72, 107 and 93 HU (Bae, Radiology 2010;256:32-61: hepatic enhancement of
/// about 50 HU at its peak at 60 to 80 s, 10 to 20 HU at 35 s, then slow decay), wide enough for fatty livers.
/// Delayed: the scans above hold none. Bae 2010 has the aorta near 100 HU at three minutes; contrast in the renal
/// pelvis, well above the aorta, is what sets it apart (excretion starts at about 120 s).
std::array<double, 4> phase_probabilities(const OrganHu& organs);

}  // namespace hepatica
