#include "io/sr_tree.h"

#include <fmt/format.h>

#include "base/error.h"
#include "io/dicom_put.h"

namespace hepatica {
namespace {

DSRCodedEntryValue entry(const Code& code) {
  return {code.value.c_str(), code.scheme.c_str(), clean_text(code.meaning, 64).c_str()};
}

}  // namespace

void check_sr(const OFCondition& condition, const std::string& what) {
  if (condition.bad())
    throw Error(ErrorCode::internal, fmt::format("structured report, {}: {}", what, condition.text()));
}

size_t SrTree::add(size_t parent, Relation relation, DSRTypes::E_ValueType type, const Code& name) {
  if (parent) tree_.gotoNode(parent);
  const size_t id =
      tree_.addContentItem(relation, type, parent ? DSRTypes::AM_belowCurrent : DSRTypes::AM_afterCurrent);
  if (!id) check_sr(EC_IllegalCall, name.meaning);
  if (!name.value.empty()) check_sr(tree_.getCurrentContentItem().setConceptName(entry(name)), name.meaning);
  return id;
}

size_t SrTree::root(const Code& title, const std::string& tid) {
  const size_t id = add(0, DSRTypes::RT_isRoot, DSRTypes::VT_Container, title);
  check_sr(tree_.getCurrentContentItem().setTemplateIdentification(tid.c_str(), "DCMR"), title.meaning);
  return id;
}

size_t SrTree::container(size_t parent, const Code& name, const std::string& tid) {
  const size_t id = add(parent, DSRTypes::RT_contains, DSRTypes::VT_Container, name);
  if (!tid.empty())
    check_sr(tree_.getCurrentContentItem().setTemplateIdentification(tid.c_str(), "DCMR"), name.meaning);
  return id;
}

void SrTree::code(size_t parent, Relation relation, const Code& name, const Code& value) {
  add(parent, relation, DSRTypes::VT_Code, name);
  check_sr(tree_.getCurrentContentItem().setCodeValue(entry(value)), name.meaning);
}

void SrTree::text(size_t parent, Relation relation, const Code& name, const std::string& value) {
  add(parent, relation, DSRTypes::VT_Text, name);
  check_sr(tree_.getCurrentContentItem().setStringValue(value.c_str()), name.meaning);
}

void SrTree::uid(size_t parent, Relation relation, const Code& name, const std::string& value) {
  add(parent, relation, DSRTypes::VT_UIDRef, name);
  check_sr(tree_.getCurrentContentItem().setStringValue(value.c_str()), name.meaning);
}

void SrTree::number(size_t parent, const Code& name, const std::string& value, const Code& unit) {
  add(parent, DSRTypes::RT_contains, DSRTypes::VT_Num, name);
  check_sr(tree_.getCurrentContentItem().setNumericValue(DSRNumericMeasurementValue(value.c_str(), entry(unit))),
           name.meaning);
}

void SrTree::image(size_t parent,
                   const Code& name,
                   const std::string& sop_class,
                   const std::string& instance,
                   int segment,
                   int frame) {
  add(parent, DSRTypes::RT_contains, DSRTypes::VT_Image, name);
  DSRImageReferenceValue reference(sop_class.c_str(), instance.c_str());
  if (segment > 0) reference.getSegmentList().addItem(Uint16(segment));
  if (frame > 0) reference.getFrameList().addItem(frame);
  check_sr(tree_.getCurrentContentItem().setImageReference(reference), "image reference");
}

}  // namespace hepatica
