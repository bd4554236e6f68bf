// A DICOM SR content tree built from the root down.
#pragma once

#include <dcmtk/config/osconfig.h>

#include <string>
// DCMTK's configuration comes first.
#include <dcmtk/dcmsr/dsrdoc.h>

#include "io/code.h"

namespace hepatica {

/// Adds content items below one that is named by its node id. Each call gives the id of the new item.
/// Error{internal} where DCMTK refuses an item.
class SrTree {
 public:
  explicit SrTree(DSRDocumentTree& tree) : tree_(tree) {}

  using Relation = DSRTypes::E_RelationshipType;

  /// The root container; `tid` is its template in the mapping resource DCMR.
  size_t root(const Code& title, const std::string& tid);
  /// `tid` may be empty.
  size_t container(size_t parent, const Code& name, const std::string& tid = "");
  void code(size_t parent, Relation relation, const Code& name, const Code& value);
  void text(size_t parent, Relation relation, const Code& name, const std::string& value);
  void uid(size_t parent, Relation relation, const Code& name, const std::string& value);
  void number(size_t parent, const Code& name, const std::string& value, const Code& unit);
  /// `name` without a value for none; `segment` 0 for none, else the number of a segment; `frame` 0 for the whole
  /// instance, else counted from 1.
  void image(size_t parent,
             const Code& name,
             const std::string& sop_class,
             const std::string& instance,
             int segment,
             int frame);

 private:
  size_t add(size_t parent, Relation relation, DSRTypes::E_ValueType type, const Code& name);

  DSRDocumentTree& tree_;
};

/// Throws Error{internal} naming `what` where DCMTK reports a failure.
void check_sr(const OFCondition& condition, const std::string& what);

}  // namespace hepatica
